import { hash } from 'node:crypto'
import type { Deal, Person } from './facts.ts'
import { rowAt } from './facts.ts'
import { standingOf } from './pipedrive-facts.ts'
import type { World } from './world.ts'

// Definitions of fields: https://developers.pipedrive.com/docs/api/v1/DealFields (version 2), and what their values look like in a
// record (read 2026-11-20). A custom field's code is 40 hex digits that differ from company to company.

type Option = { id: number; label: string }
type Field = { name: string; code: string; type: string; options: Option[] | null; isCustom: boolean }

const financing: Option[] = [
  { id: 71, label: 'Own capital' },
  { id: 72, label: 'SBA loan' },
  { id: 73, label: 'Retirement rollover' },
]
const documents: Option[] = [
  { id: 81, label: 'NDA' },
  { id: 82, label: 'Disclosure, signed' },
  { id: 83, label: 'Bank statement' },
]
const kinds: Option[] = [
  { id: 91, label: 'Prospect' },
  { id: 92, label: 'Franchisee' },
  { id: 93, label: 'Broker' },
]

/** The code of a company's custom field. */
export const codeOf = (seed: number, name: string): string => hash('sha1', `${seed} ${name}`, 'hex')

/** The fields of deals, which leads share. */
export function dealFields(world: World): Field[] {
  const { seed, leadSources } = world.setting
  const channels = leadSources.map(({ id, name }) => ({ id, label: name }))
  const custom = (name: string, type: string, options: Option[] | null = null) =>
    field(name, codeOf(seed, name), type, options, true)
  return [
    field('Title', 'title', 'varchar'),
    field('Value', 'value', 'monetary'),
    field('Status', 'status', 'status'),
    field('Source channel', 'channel', 'enum', channels),
    custom('Market', 'varchar'),
    custom('Units', 'double'),
    custom('Weighted fee', 'monetary'),
    custom('Financing', 'enum', financing),
    custom('Documents', 'set', documents),
    custom('Discovery day', 'date'),
  ]
}

/** The fields of people. */
export const personFields = (world: World): Field[] => [
  field('Name', 'name', 'varchar'),
  field('Kind of contact', codeOf(world.setting.seed, 'Kind of contact'), 'enum', kinds, true),
  field('City', codeOf(world.setting.seed, 'City'), 'varchar', null, true),
]

/** The fields of organizations. */
export const organizationFields = (world: World): Field[] => [
  field('Name', 'name', 'varchar'),
  field('Territory', codeOf(world.setting.seed, 'Territory'), 'varchar', null, true),
]

function field(
  name: string,
  code: string,
  type: string,
  options: Option[] | null = null,
  isCustom = false,
): Field {
  return { name, code, type, options, isCustom }
}

/** A definition as v2 lists it. */
export function fieldRow({ name, code, type, options, isCustom }: Field): Record<string, unknown> {
  const money = [
    { field_code: 'value', field_name: `Amount of ${name}`, field_type: 'double' },
    { field_code: 'currency', field_name: `Currency of ${name}`, field_type: 'varchar' },
  ]
  return {
    field_name: name,
    field_code: code,
    description: null,
    field_type: type,
    options,
    subfields: type === 'monetary' ? money : null,
    is_custom_field: isCustom,
    is_optional_response_field: false,
    ui_visibility: {
      add_visible_flag: true,
      details_visible_flag: true,
      show_in_pipelines: { show_in_all: true, pipeline_ids: [] },
    },
    important_fields: { enabled: false, stage_ids: [] },
    required_fields: { enabled: false, stage_ids: [], statuses: {} },
  }
}

/** What a deal's custom fields hold. */
export function dealValues(world: World, deal: Deal): Record<string, unknown> {
  const { seed } = world.setting
  const { likelihood } = standingOf(world, deal).stage
  const isKnown = likelihood !== null && deal.amountMinor !== null
  const weighted = isKnown ? Math.round(((deal.amountMinor ?? 0) * likelihood) / 100) / 100 : 0
  return {
    [codeOf(seed, 'Market')]: deal.market,
    [codeOf(seed, 'Units')]: deal.units,
    [codeOf(seed, 'Weighted fee')]: isKnown ? { value: weighted, currency: 'USD' } : null,
    [codeOf(seed, 'Financing')]: deal.id % 4 === 0 ? null : rowAt(financing, deal.id % 3).id,
    [codeOf(seed, 'Documents')]:
      deal.id % 3 === 0 ? null : documents.slice(0, deal.id % 3).map(({ id }) => id),
    [codeOf(seed, 'Discovery day')]:
      deal.id % 2 === 0 ? new Date((deal.createdAt + 30 * 86_400) * 1_000).toISOString().slice(0, 10) : null,
  }
}

/** A row without the values of these custom fields. */
export function withoutFields(
  row: Record<string, unknown>,
  codes: ReadonlySet<string>,
): Record<string, unknown> {
  if (codes.size === 0) return row
  const custom_fields = { ...(row.custom_fields as Record<string, unknown>) }
  for (const code of codes) delete custom_fields[code]
  return { ...row, custom_fields }
}

/** What a person's custom fields hold. */
export function personValues(world: World, person: Person): Record<string, unknown> {
  const { seed } = world.setting
  const kind = { prospect: 91, customer: 92, partner: 93 }[person.kind]
  return { [codeOf(seed, 'Kind of contact')]: kind, [codeOf(seed, 'City')]: person.city }
}

/** What an organization's custom fields hold. */
export const organizationValues = (world: World, person: Person): Record<string, unknown> => ({
  [codeOf(world.setting.seed, 'Territory')]: person.state || null,
})
