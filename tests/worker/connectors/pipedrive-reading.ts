import type { Normalised, Pass, Reply, Stream } from '../../../worker/connectors/connector.ts'
import { pipedrive } from '../../../worker/connectors/pipedrive.ts'
import { contextOf } from '../../../worker/context.ts'
import { readSettings } from '../../../worker/open.ts'

/** A record as Pipedrive sends it. */
export type Wire = Record<string, unknown>

export const connectionId = '1f1e1d1c-1b1a-4918-8716-151413121110'
export const contextWith = (settings: Wire = {}, currency = 'USD') =>
  contextOf(connectionId, readSettings(pipedrive, settings), currency)

export const streamOf = (name: string): Stream<never> =>
  pipedrive.streams.find((stream) => stream.name === name) as Stream<never>

/** A custom field's code: 40 hex digits. */
export const code = (digit: string): string => digit.repeat(40)

/** Definitions as `dealFields` lists them. */
export const definitions: Wire[] = [
  { field_code: 'title', field_name: 'Title', field_type: 'varchar', options: null, is_custom_field: false },
  {
    field_code: 'channel',
    field_name: 'Source channel',
    field_type: 'enum',
    options: [{ id: 52, label: 'Trade fair' }],
    is_custom_field: false,
  },
  {
    field_code: code('a'),
    field_name: 'Market',
    field_type: 'varchar',
    options: null,
    is_custom_field: true,
  },
  { field_code: code('b'), field_name: 'Units', field_type: 'double', options: null, is_custom_field: true },
  {
    field_code: code('c'),
    field_name: 'Weighted fee',
    field_type: 'monetary',
    options: null,
    is_custom_field: true,
  },
  {
    field_code: code('d'),
    field_name: 'Financing',
    field_type: 'enum',
    options: [
      { id: 7, label: 'SBA loan' },
      { id: 8, label: 'Own capital' },
    ],
    is_custom_field: true,
  },
  {
    field_code: code('e'),
    field_name: 'Documents',
    field_type: 'set',
    options: [
      { id: 1, label: 'NDA' },
      { id: 2, label: 'Disclosure' },
    ],
    is_custom_field: true,
  },
  {
    field_code: code('f'),
    field_name: 'Market',
    field_type: 'varchar',
    options: null,
    is_custom_field: true,
  },
]

/** A deal as `v2/deals` lists it. */
export const deal: Wire = {
  id: 8_051_632,
  title: 'Ferreira, two territories',
  creator_user_id: 301,
  owner_id: 302,
  value: 90_000.5,
  person_id: 71,
  org_id: null,
  stage_id: 12,
  pipeline_id: 3,
  currency: 'EUR',
  archive_time: null,
  add_time: '2026-02-03T14:05:11Z',
  update_time: '2026-02-05T09:12:40Z',
  stage_change_time: null,
  status: 'open',
  is_archived: false,
  is_deleted: false,
  probability: 65,
  lost_reason: null,
  visible_to: 7,
  close_time: null,
  won_time: null,
  lost_time: null,
  local_won_date: null,
  local_lost_date: null,
  local_close_date: null,
  expected_close_date: '2026-06-30',
  label_ids: [4],
  origin: 'ManuallyCreated',
  origin_id: null,
  channel: 52,
  channel_id: null,
  acv: null,
  arr: null,
  mrr: null,
  custom_fields: {
    [code('a')]: 'Tulsa, OK',
    [code('b')]: 3,
    [code('c')]: { value: 45_000.25, currency: 'EUR' },
    [code('d')]: 7,
    [code('e')]: [2, 1],
    [code('f')]: 'Southwest',
  },
}

export const reply = (body: unknown, headers: Reply['headers'] = {}): Reply => ({
  status: 200,
  headers,
  body,
})

/** A page of version 2. */
export const cursorBody = (data: unknown[], next: string | null = null) => ({
  success: true,
  data,
  additional_data: { next_cursor: next },
})

/** A page of version 1. */
export const offsetBody = (data: unknown[], start: number, next: number | null = null) => ({
  success: true,
  data,
  additional_data: {
    pagination: {
      start,
      limit: data.length,
      more_items_in_collection: next !== null,
      ...(next !== null && { next_start: next }),
    },
  },
})

export const pass = (given: Partial<Pass> = {}): Pass => ({
  scanStart: '2026-02-06T10:00:00.123456Z',
  crmStart: '2026-02-06T10:00:00.123Z',
  since: null,
  lastFullAt: null,
  parent: null,
  ...given,
})

/** The record as its list gives it: behind the definitions of fields, where the stream reads them. */
export function listed(name: string, row: Wire, settings: Wire = {}): Wire[] {
  const stream = streamOf(name)
  const { settings: known } = contextWith(settings)
  let cursor = stream.begin(pass(), known)
  for (let requests = 0; requests < 5; requests += 1) {
    const { path } = stream.request(cursor, known)
    const isDefinitions = /Fields$|^v1.activityTypes$/.test(path) && name !== 'lead_sources'
    const isPipelines = path.endsWith('pipelines') && name === 'stages'
    const rows = isDefinitions ? definitions : isPipelines ? pipelineRows : [row]
    const { items, next } = stream.page(reply(cursorBody(rows)), cursor, known)
    if (items.length > 0 || next === null) return items as Wire[]
    cursor = next
  }
  return []
}

export const pipelineRows: Wire[] = [
  { id: 3, name: 'Sales', order_nr: 1, is_deal_probability_enabled: true, is_deleted: false },
  { id: 4, name: 'Renewals', order_nr: 2, is_deal_probability_enabled: false, is_deleted: false },
]

/** What a record becomes, custom fields named before. */
export function normalised(name: string, row: Wire, settings: Wire = {}): Normalised {
  const [item] = listed(name, row, settings)
  return streamOf(name).normalise(item as never, contextWith(settings))
}

/** The columns of the stream's table that a record becomes. */
export function columns(name: string, row: Wire, settings: Wire = {}): Wire {
  const [table] = streamOf(name).tables
  return (normalised(name, row, settings).rows as Record<string, Wire>)[table] ?? {}
}

/** Whether the documented shape lets the record in. */
export const fits = (name: string, row: Wire): boolean =>
  streamOf(name).item.safeParse(listed(name, row)[0]).success
