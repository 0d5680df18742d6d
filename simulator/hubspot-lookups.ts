import { PORTAL_ID, type HubSpotOptions } from './hubspot-options.ts'
import { PIPELINE, standingOf } from './hubspot-properties.ts'
import { anotherToken, invalid, notFound, ok } from './hubspot-reply.ts'
import type { Shelf } from './hubspot-shelf.ts'
import type { Reply } from './reply.ts'
import type { World } from './world.ts'

// Owners, pipelines, properties, account details: their API pages and recorded answers at https://developers.hubspot.com/docs
// (read 2026-11-20).

/** The account as it describes itself; zone names may be old aliases. */
export function accountDetails(
  { portalId = PORTAL_ID, timeZone = 'US/Eastern', currency = 'USD' }: HubSpotOptions,
  nowMs: number,
): object {
  const offset = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(nowMs)
    .find(({ type }) => type === 'timeZoneName')
    ?.value.slice(3)
  const [, sign = '+', hours = '0', minutes = '0'] = /([+-])(\d+):(\d+)/.exec(offset ?? '') ?? []
  return {
    portalId,
    accountType: 'STANDARD',
    timeZone,
    companyCurrency: currency,
    additionalCurrencies: [],
    utcOffset: offset || '+00:00',
    utcOffsetMilliseconds: Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000,
    uiDomain: 'app.hubspot.com',
    dataHostingLocation: 'na1',
  }
}

const ownersSince = '2024-02-25T15:16:54.974Z'

/** Former owners are listed among the archived ones alone, without a user. */
export function ownersPage(
  world: World,
  former: ReadonlySet<number>,
  isArchived: boolean,
  query: URLSearchParams,
): Reply {
  const limit = Number(query.get('limit') ?? 100)
  if (!(limit >= 0 && limit <= 500)) return invalid('limit must be at most 500')
  const after = Number.parseInt(query.get('after') ?? '0', 10)
  const email = query.get('email')
  const all = world.setting.owners
    .filter((owner) => former.has(owner.id) === isArchived && (email === null || owner.email === email))
    .sort((a, b) => a.id - b.id)
  const rest = all.filter(({ id }) => id > after)
  const rows = rest.slice(0, limit)
  const last = rows.at(-1)?.id ?? after
  return ok({
    results: rows.map(({ id, firstName, lastName, email: address }) => ({
      id: String(id),
      email: address,
      type: 'PERSON',
      firstName,
      lastName,
      userId: isArchived ? null : id + 1_000_000,
      userIdIncludingInactive: id + 1_000_000,
      createdAt: ownersSince,
      updatedAt: ownersSince,
      archived: isArchived,
    })),
    ...(rest.length > rows.length && {
      paging: {
        next: { after: rows.length === 0 ? anotherToken(query) : String(last), link: `?after=${last}` },
      },
    }),
  })
}

const leadStages = [
  ['new-stage-id', 'New'],
  ['attempting-stage-id', 'Attempting'],
  ['connected-stage-id', 'Connected'],
  ['qualified-stage-id', 'Qualified'],
  ['unqualified-stage-id', 'Disqualified'],
] as const

/** Not paged; what is built in was made in 1970. */
export function pipelines(world: World, type: string): Reply {
  const since = { createdAt: '1970-01-01T00:00:00Z', updatedAt: '1970-01-01T00:00:00Z', archived: false }
  const stage = (id: string, label: string, displayOrder: number, metadata: Record<string, string>) => {
    return { id, label, displayOrder, metadata, writePermissions: 'CRM_PERMISSIONS_ENFORCEMENT', ...since }
  }
  if (type === 'deals' || type === '0-3') {
    const stages = world.setting.stages.map((fact) => {
      const { isClosed, probability } = standingOf(fact)
      return stage(String(fact.id), fact.name, fact.order - 1, { isClosed: String(isClosed), probability })
    })
    return ok({ results: [{ id: PIPELINE, label: 'Franchise sales', displayOrder: 0, ...since, stages }] })
  }
  if (type !== 'leads' && type !== '0-136') return notFound()
  const stages = leadStages.map(([id, label], place) =>
    stage(id, label, place, { leadState: label.toUpperCase(), isClosed: String(place > 2) }),
  )
  return ok({
    results: [{ id: 'lead-pipeline-id', label: 'Lead pipeline', displayOrder: 0, ...since, stages }],
  })
}

/** The properties of an object type, as the schema lists them; archived ones are listed apart. */
export function propertyList(shelf: Shelf, hidden: ReadonlySet<string>, isArchived: boolean): Reply {
  const { name, defaults } = shelf.type
  const [sample] = shelf.all
  const all = [...new Set([...defaults, ...Object.keys(sample?.read() ?? {})])]
  const names = all.filter((property) => hidden.has(`${name}.${property}`) === isArchived)
  const custom = new Set(['lead_source', 'market', 'units', 'weighted_fee'])
  return ok({
    results: names.sort().map((property) => ({
      name: property,
      label: property,
      type: typeOf(property),
      fieldType: 'text',
      options: [],
      calculated: false,
      hidden: false,
      archived: isArchived,
      hubspotDefined: !custom.has(property),
      modificationMetadata: {
        archivable: true,
        readOnlyDefinition: !custom.has(property),
        readOnlyValue: false,
      },
    })),
  })
}

function typeOf(property: string): string {
  if (/date$|^hs_timestamp$|_time$/.test(property)) return 'datetime'
  return /amount|probability|units|fee|duration/.test(property) ? 'number' : 'string'
}
