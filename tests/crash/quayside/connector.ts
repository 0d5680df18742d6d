import { z } from 'zod'
import {
  defineConnector,
  type AnyConnector,
  type Context,
  type Normalised,
  type Pass,
  type Reply,
  type Stream,
} from '../../../worker/connectors/connector.ts'

type Settings = { pageSize: number }
type Item = { id: number; version: number; modified: number; amount: number; deleted: boolean }

/**
 * How a connector for such a CRM may be written; every departure from the default loses records or promises too much.
 * `endsAtStart`: a pass asks only for what was stamped before it began. A row that is edited while the pass reads then moves
 * out of its sight, and neither the old nor the new state is in a copy that calls itself fresh as of the start.
 */
export type Reading = { breaksTies: boolean; lookbackSeconds: number; endsAtStart: boolean }
export const soundReading: Reading = { breaksTies: true, lookbackSeconds: 3, endsAtStart: false }

const envelope = z.object({
  items: z.array(z.unknown()),
  more: z.boolean(),
  total: z.number().nullable().default(null),
})
const item = z.looseObject({ id: z.number(), version: z.number(), modified: z.number(), amount: z.number() })

/** Beyond any stamp: 1 January 2100. */
const never = 4_102_444_800

/** Where a reading of changes stands: behind which second and id, and up to which second it goes. */
export type DealsPlace = { from: number; after: number; afterId: number; until: number }

const seconds = (instant: string): number => Math.floor(Date.parse(instant) / 1_000)

function streamOf(name: 'opportunities' | 'contacts', path: string, normalise: Normalise): Stream<Settings> {
  return {
    name,
    source: path,
    tables: [name],
    reads: 'full',
    deletes: 'absence',
    lookbackSeconds: 0,
    begin: () => '0',
    request: (cursor, { pageSize }) => ({
      method: 'GET',
      path,
      query: { after_id: cursor, limit: String(pageSize) },
    }),
    page: (reply) => {
      const { items, more, total } = envelope.parse(reply.body)
      return { items, total, next: more ? String(idOf(items.at(-1))) : null }
    },
    identify: ({ id }) => (typeof id === 'number' ? String(id) : null),
    item,
    version: 1,
    normalise,
  }
}

type Normalise = (item: Item, context: Context<Settings>) => Normalised
const idOf = (value: unknown): number => (value as Item).id

const stamps = ({ modified }: Item) => ({
  sourceCreatedAt: null,
  sourceUpdatedAt: new Date(modified * 1_000).toISOString(),
})

const people = streamOf('contacts', 'people', (person) => ({
  faults: [],
  rows: {
    contacts: {
      ...stamps(person),
      firstName: `Person ${person.id}`,
      lastName: null,
      companyName: null,
      companyId: null,
      email: null,
      phone: String(person.amount),
      ownerId: null,
      custom: { version: person.version },
    },
  },
}))

const normaliseDeal: Normalise = (deal, context) => ({
  faults: [],
  ...(deal.deleted ? { deletedBecause: 'flag' as const } : {}),
  rows: {
    opportunities: {
      ...stamps(deal),
      title: `Deal ${deal.id}`,
      contactId: null,
      companyId: null,
      ownerId: null,
      pipelineId: null,
      stageId: null,
      stageName: deal.amount % 3 === 0 ? 'Won' : 'Open',
      status: deal.amount % 3 === 0 ? 'won' : 'open',
      contactKind: null,
      source: null,
      amountMinor: BigInt(deal.amount),
      currency: context.currency,
      probability: null,
      expectedCloseOn: null,
      closedAt: null,
      market: null,
      units: null,
      weightedFeeMinor: null,
      custom: { version: deal.version },
    },
  },
})

function dealsRead({ breaksTies, lookbackSeconds, endsAtStart }: Reading): Stream<Settings> {
  return {
    ...streamOf('opportunities', 'deals', normaliseDeal),
    reads: 'changes',
    deletes: 'flag',
    lookbackSeconds,
    begin: ({ since, scanStart }: Pass) => {
      const from = since === null ? 0 : seconds(since)
      const place: DealsPlace = {
        from,
        after: from,
        afterId: 0,
        until: endsAtStart ? seconds(scanStart) : never,
      }
      return JSON.stringify(place)
    },
    request: (cursor, { pageSize }) => {
      const { after, afterId, until } = JSON.parse(cursor) as DealsPlace
      const query = { after, after_id: afterId, until, limit: pageSize }
      return { method: 'GET', path: 'deals', query: texts(query) }
    },
    page: (reply: Reply, cursor) => {
      const { items, more } = envelope.parse(reply.body)
      const last = items.at(-1) as Item | undefined
      if (!more || last === undefined) return { items, total: null, next: null }
      const place = JSON.parse(cursor) as DealsPlace
      const afterId = breaksTies ? last.id : Number.MAX_SAFE_INTEGER
      const next: DealsPlace = { ...place, after: last.modified, afterId }
      return { items, total: null, next: JSON.stringify(next) }
    },
  }
}

const texts = (query: Record<string, number>): Record<string, string> =>
  Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]))

/** The connector for Quayside, reading as told. */
export function quayside(reading: Reading = soundReading): AnyConnector {
  return defineConnector<Settings>({
    name: 'quayside',
    label: 'Quayside',
    docs: 'https://quayside.example/docs',
    baseUrl: 'https://quayside.example/',
    secrets: { key: 'Key' },
    settings: z.strictObject({ pageSize: z.number().int().positive() }),
    rateLimit: () => ({ requestsPerSecond: 10_000, burst: 10_000 }),
    quota: { unit: 'requests', perDay: 1_000_000_000, day: 'utc', told: () => null },
    authorise: ({ key = '' }) => ({ 'x-key': key }),
    fault: () => null,
    foundLater: () => 'Nothing.',
    probe: 'contacts',
    streams: [people, dealsRead(reading)],
  })
}
