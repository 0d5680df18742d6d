import { z } from 'zod'
import type { Page, Reply, Request, Stream } from '../connector.ts'
import { instant } from '../instants.ts'
import { share, wholeNumber } from '../numbers.ts'
import { readAs } from '../read-as.ts'
import { readList, someOf } from './envelope.ts'
import type { HubSpotSettings as HS } from './settings.ts'
import { pipelineKey, stageKey } from './values.ts'
import { paths } from './versions.ts'

const stamp = (text: string | undefined): string | null => instant(text ?? '', 'UTC') ?? null

const owner = z.looseObject({
  id: z.string().min(1),
  email: z.string().nullish(),
  firstName: z.string().nullish(),
  lastName: z.string().nullish(),
  archived: z.boolean(),
  createdAt: z.string().optional(),
  updatedAt: z.string().optional(),
})
type Owner = z.infer<typeof owner>
type OwnersPlace = { archived: boolean; after?: string }

/** Users, those who left in a list of their own (https://developers.hubspot.com/docs, owners, read 2026-11-20). */
export const owners: Stream<HS> = {
  name: 'owners',
  source: 'owners, https://developers.hubspot.com/docs/api-reference (2026-11-20)',
  tables: ['owners'],
  reads: 'full',
  deletes: 'absence',
  lookbackSeconds: 0,
  begin: () => JSON.stringify({ archived: false } satisfies OwnersPlace),
  request: (cursor) => {
    const { archived, after } = JSON.parse(cursor) as OwnersPlace
    const query = { limit: '100', archived: String(archived), ...(after !== undefined && { after }) }
    return { method: 'GET', path: paths.owners, query }
  },
  page: (reply, cursor) => {
    const { archived } = JSON.parse(cursor) as OwnersPlace
    const { results, after } = readList(reply.body)
    const isAll = after === null && (JSON.parse(cursor) as OwnersPlace).after === undefined
    if (isAll && !archived) someOf(results, 'owners')
    const next: OwnersPlace | null =
      after !== null ? { archived, after } : archived ? null : { archived: true }
    return { items: results, next: next && JSON.stringify(next), total: null }
  },
  identify: ({ id }) => (typeof id === 'string' && id !== '' ? id : null),
  item: owner,
  version: 1,
  normalise: ({ id, email, firstName, lastName, archived, createdAt, updatedAt, ...custom }: Owner) => ({
    faults: [],
    rows: {
      owners: {
        sourceCreatedAt: stamp(createdAt),
        sourceUpdatedAt: stamp(updatedAt),
        name: `${firstName ?? ''} ${lastName ?? ''}`.trim() || (email ?? id),
        email: email || null,
        isActive: !archived,
        custom: { ...custom },
      },
    },
  }),
}

// Not paged; every value of `metadata` is text. Leads have pipelines only where the account has lead records.
const pipelines_ = z.looseObject({
  results: z.array(z.looseObject({ id: z.string(), stages: z.array(z.looseObject({ id: z.string() })) })),
})
type Listed = z.infer<typeof pipelines_>['results'][number]

/** A stream of what stands in the pipelines of deals, and then of leads. */
function ofPipelines(
  stream: Pick<Stream<HS>, 'name' | 'tables' | 'identify' | 'item' | 'version' | 'normalise'>,
  items: (pipeline: Listed, type: string) => unknown[],
): Stream<HS> {
  return {
    ...stream,
    source: 'pipelines, https://developers.hubspot.com/docs/api-reference (2026-11-20)',
    reads: 'full',
    deletes: 'absence',
    lookbackSeconds: 0,
    begin: () => 'deals',
    request: (type): Request => ({
      method: 'GET',
      path: paths.pipelines(type),
      ...(type === 'leads' && { mayBeRefused: true }),
    }),
    page: ({ status, body }: Reply, type, { leads }): Page => {
      const next = type === 'deals' && leads ? 'leads' : null
      if (status === 403 || status === 404)
        return { items: [], next, total: null, isPartial: true, hiddenPrefix: pipelineKey(type, '') }
      const { results } = readAs(pipelines_, body, 'a HubSpot list of pipelines')
      if (type === 'deals') someOf(results, 'pipelines of deals')
      return { items: results.flatMap((pipeline) => items(pipeline, type)), next, total: null }
    },
  }
}

const pipeline = z.looseObject({
  type: z.string(),
  id: z.string().min(1),
  label: z.string(),
  displayOrder: z.number().int(),
  createdAt: z.string().optional(),
  updatedAt: z.string().optional(),
})

export const pipelines = ofPipelines(
  {
    name: 'pipelines',
    tables: ['pipelines'],
    identify: ({ type, id }) => (typeof id === 'string' ? pipelineKey(String(type), id) : null),
    item: pipeline,
    version: 1,
    normalise: (item: z.infer<typeof pipeline>) => {
      const { type: _, id: __, label, displayOrder, createdAt, updatedAt, ...custom } = item
      return {
        faults: [],
        rows: {
          pipelines: {
            sourceCreatedAt: stamp(createdAt),
            sourceUpdatedAt: stamp(updatedAt),
            name: label,
            position: displayOrder,
            custom: { ...custom },
          },
        },
      }
    },
  },
  (listed, type) => {
    const { stages: _, ...fields } = listed
    return [{ type, ...fields }]
  },
)

const stage = pipeline.extend({
  pipeline: z.string(),
  archived: z.boolean().optional(),
  metadata: z.looseObject({
    isClosed: z.string().optional(),
    probability: z.string().optional(),
    leadState: z.string().optional(),
  }),
})
type Stage = z.infer<typeof stage>

export const stages = ofPipelines(
  {
    name: 'stages',
    tables: ['stages'],
    identify: ({ type, pipeline: of, id }) =>
      typeof id === 'string' ? stageKey(String(type), String(of), id) : null,
    item: stage,
    version: 1,
    normalise: (item: Stage, context) => {
      const {
        type,
        id: _,
        pipeline: of,
        label,
        displayOrder,
        metadata,
        archived,
        createdAt,
        updatedAt,
        ...custom
      } = item
      const probability = share(metadata.probability ?? '')
      const faults =
        probability === undefined ? [{ path: 'metadata.probability', reason: 'not a share' }] : []
      return {
        faults,
        rows: {
          stages: {
            sourceCreatedAt: stamp(createdAt),
            sourceUpdatedAt: stamp(updatedAt),
            pipelineId: context.id('pipelines', pipelineKey(type, of)),
            name: label,
            position: wholeNumber(String(displayOrder)) ?? null,
            probability: probability ?? null,
            isActive: archived !== true,
            outcome: outcomeOf(item),
            contactKind: null,
            custom: { ...custom },
          },
        },
      }
    },
  },
  ({ id, stages: all }, type) => all.map((each) => ({ type, pipeline: id, ...each })),
)

/** A closed stage with a chance of one is won. Lead stages say their state instead (ASSUMED names). */
function outcomeOf({
  type,
  metadata: { isClosed, probability, leadState = '' },
}: Stage): 'open' | 'won' | 'lost' {
  if (type === 'leads') {
    if (/UNQUALIFIED|DISQUALIFIED/.test(leadState)) return 'lost'
    return leadState === 'QUALIFIED' ? 'won' : 'open'
  }
  if (isClosed !== 'true') return 'open'
  return Number(probability) === 1 ? 'won' : 'lost'
}
