import { z } from 'zod'
import type { ClientTetherSettings } from './settings.ts'
import type { Context, FieldFault } from '../connector.ts'
import { instant } from '../instants.ts'
import { minorUnits } from '../money.ts'
import type { Mapping } from '../mapping.ts'
import { percent, wholeNumber } from '../numbers.ts'

/** A row as ClientTether sends it: every value is text. */
export type Item = Record<string, unknown>
type CT = ClientTetherSettings

const text = z.union([z.string(), z.number()]).nullable()

/** The documented keys of an item. Each must be there, be it empty: a field that vanishes is a change of the CRM, not an empty value. */
export const shape = (...keys: string[]) => z.looseObject(Object.fromEntries(keys.map((key) => [key, text])))

/** An item's value as trimmed text; empty, null and absent are all `''`. */
export function value(item: Item, key: string): string {
  const raw = item[key]
  return typeof raw === 'string' ? raw.trim() : typeof raw === 'number' ? String(raw) : ''
}

/** An item's value, null when it is empty. */
export const filled = (item: Item, key: string): string | null => value(item, key) || null

/** Remembers what was made of a text: the same few names of users and stages stand in every row. */
function remembered(make: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    let made = known.get(text)
    if (made === undefined) {
      if (known.size > 10_000) known.clear()
      known.set(text, (made = make(text)))
    }
    return made
  }
}

/** A name as rows refer to it: spelling of spaces and case does not make another. */
export const nameKey = remembered((words) => words.toLowerCase().replaceAll(/\s+/g, ' ').trim())

/** Fields without a column of their own, as the CRM sent them; one named `__proto__` is a mere field. */
export function rest(item: Item, ...used: string[]): Item {
  const others: Item = {}
  for (const key of Object.keys(item)) {
    if (used.includes(key)) continue
    if (key === '__proto__') Object.defineProperty(others, key, { value: item[key], enumerable: true })
    else others[key] = item[key]
  }
  return others
}

/** Reads the values of one item and notes which of them could not be read. */
export function reader(item: Item, { settings, currency }: Context<CT>) {
  const faults: FieldFault[] = []
  const orFault = <T>(key: string, read: T | undefined, what: string): T | null => {
    if (read !== undefined) return read
    faults.push({ path: key, reason: `not ${what}: ${JSON.stringify(item[key]).slice(0, 80)}` })
    return null
  }
  return {
    faults,
    when: (key: string) => orFault(key, instant(value(item, key), settings.timeZone), 'a date'),
    amount: (key: string) =>
      orFault(key, minorUnits(value(item, key), settings.currency ?? currency), 'an amount'),
    count: (key: string) => orFault(key, wholeNumber(value(item, key)), 'a whole number'),
    share: (key: string) => orFault(key, percent(value(item, key)), 'a percentage'),
  }
}

/** How the values of mapped fields are read. */
export const reads: Mapping['reads'] = {
  market: (given) => value({ given }, 'given') || null,
  units: (given) => wholeNumber(value({ given }, 'given')),
  weightedFee: (given, currency) => minorUnits(value({ given }, 'given'), currency),
  likely: (given) => percent(value({ given }, 'given')),
}

/** The user's name behind `assigned_user`: a plain name, or JSON inside the text. */
const userName = remembered((assigned) => {
  if (!assigned.startsWith('{')) return assigned
  try {
    const name = JSON.parse(assigned) as Item
    return `${value(name, 'first_name')} ${value(name, 'last_name')}`.trim()
  } catch {
    return assigned
  }
})

/** Our id of the user a record is assigned to. */
export function ownerId(item: Item, context: Context<CT>): string | null {
  const who = nameKey(userName(value(item, 'assigned_user')))
  return who === '' ? null : context.id('owners', who)
}

/** What to call the person behind a record; both name fields may be empty. */
export const personName = (item: Item): string | null =>
  `${value(item, 'firstName')} ${value(item, 'lastName')}`.trim() || filled(item, 'compName')

/** Records name their stage by name only, so the name is the id that they share. */
export function stageKey(name: string, contactType: string, settings: CT): string {
  return settings.stagesPerContactType ? `${contactType}/${nameKey(name)}` : nameKey(name)
}

/** Where a record stands; empty means the stage for new leads. */
export function standing(
  item: Item,
  key: string,
  context: Context<CT>,
): { stageName: string; stageId: string } {
  const stageName = value(item, key) || context.settings.newLeadStage
  return {
    stageName,
    stageId: context.id('stages', stageKey(stageName, value(item, 'contact_type'), context.settings)),
  }
}

/** What a stage means for the deal. */
export function outcome(stageName: string, settings: CT): 'open' | 'won' | 'lost' {
  const isOneOf = (names: string[]) => names.some((name) => nameKey(name) === nameKey(stageName))
  return isOneOf(settings.wonStages) ? 'won' : isOneOf(settings.lostStages) ? 'lost' : 'open'
}
