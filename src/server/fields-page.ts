import { mappableFields, type FieldMapping, type Mapping } from '../../drizzle/schema/field-mappings.ts'
import type { Tx } from '../../drizzle/db.ts'
import { mostCustomFields } from '../commands/change-fields.ts'
import { fieldWords, previewOf, type FieldPreview } from '../domain/mapping.ts'
import { count } from '../format.ts'
import { readFieldValues, type CrmField, type MappingRow } from '../queries/field-mapping.ts'

type Form = Partial<Record<string, string>>

/** The mapping that a posted form says: `market`, …, and `name.0` with `field.0` for further ones. Rows without both are left out. */
export function mappingIn(form: Form): FieldMapping {
  const of = (name: string) => form[name] || null
  const [market, units, weightedFee, likely] = mappableFields.map(of)
  const custom: Record<string, string> = {}
  for (let at = 0; at < mostCustomFields + 1; at += 1) {
    const [name, field] = [form[`name.${at}`]?.trim() ?? '', form[`field.${at}`] ?? '']
    if (name !== '' || field !== '') custom[name] = field
  }
  return {
    market: market ?? null,
    units: units ?? null,
    weightedFee: weightedFee ?? null,
    likely: likely ?? null,
    custom,
  }
}

/** Rows of the form for further fields: those that there are, and some to fill in. */
export function customRows({ custom }: FieldMapping): { name: string; field: string }[] {
  const rows = Object.entries(custom).map(([name, field]) => ({ name, field }))
  const room = Math.min(2, mostCustomFields - rows.length)
  return [...rows, ...Array.from({ length: room }, () => ({ name: '', field: '' }))]
}

/** The fields to choose from, with how often they are filled; one that is chosen though no stored deal has it stands last. */
export function choicesOf(fields: readonly CrmField[], deals: number, chosen: readonly (string | null)[]) {
  const known = fields.map(({ name, filled, example }) => ({
    value: name,
    word: `${name} (${count(filled)} of ${count(deals)}, such as “${example}”)`,
  }))
  const unseen = [...new Set(chosen)].filter(
    (name): name is string => !!name && fields.every((field) => field.name !== name),
  )
  return [...known, ...unseen.map((name) => ({ value: name, word: `${name} (in no stored deal)` }))]
}

/** What a mapping would give, from what is stored: a line for each of our fields. */
export async function previewLines(
  tx: Tx,
  connectionId: string,
  mapping: FieldMapping,
  { reads, deals, currency }: { reads: Mapping['reads']; deals: number; currency: string },
): Promise<{ name: string; field: string | null; words: string }[]> {
  const lines: { name: string; field: string | null; words: string }[] = []
  for (const key of mappableFields) {
    const { word, without, form } = fieldWords[key]
    const field = mapping[key]
    const values = field === null ? [] : await readFieldValues(tx, connectionId, field, currency)
    const words = field === null ? without : previewWords(previewOf(values, reads[key]), deals, form)
    lines.push({ name: word, field, words })
  }
  for (const [name, field] of Object.entries(mapping.custom)) {
    const values = await readFieldValues(tx, connectionId, field, currency)
    lines.push({ name, field, words: previewWords(previewOf(values), deals) })
  }
  return lines
}

/** "212 of 240 deals get a value, such as “Austin”. 5 have one that is no whole number, such as “two”, and get none." */
function previewWords(preview: FieldPreview, deals: number, form?: string): string {
  const { filled, example, unreadable, oddExample } = preview
  const given = `${count(filled)} of ${count(deals)} deals get a value${example === null ? '' : `, such as “${example}”`}.`
  if (unreadable === 0) return given
  const [have, get] = unreadable === 1 ? ['has', 'gets'] : ['have', 'get']
  return `${given} ${count(unreadable)} ${have} one that is ${form}, such as “${oddExample}”, and ${get} none.`
}

/** Under which version the numbers are, and what came of the newest one. Null before the first change. */
export function standingWords([newest, ...older]: readonly MappingRow[]): string | null {
  if (newest === undefined) return null
  const { version, state, rowsTaken, rowsKept, refusedBecause } = newest
  const holding = older.find((row) => row.state === 'applied')?.version ?? 1
  if (state === 'waiting')
    return `Version ${version} is being carried out. Until then every number is under version ${holding}.`
  if (state === 'refused') return `Version ${version} was not carried out. ${refusedBecause ?? ''}`
  const kept = rowsKept
    ? ` ${count(rowsKept)} deals keep their values: the CRM’s answers about them are no longer stored. They follow when they are next read in full.`
    : ''
  return rowsTaken === null
    ? `Version ${version} holds.`
    : `Version ${version} holds. ${count(rowsTaken)} deals were read again from what is stored.${kept}`
}
