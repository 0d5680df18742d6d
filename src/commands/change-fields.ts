import { and, desc, eq, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Tx } from '../../drizzle/db.ts'
import { mappableFields, type FieldMapping } from '../../drizzle/schema/field-mappings.ts'
import { connections, fieldMappings } from '../../drizzle/schema/index.ts'
import { mappingFacts } from '../domain/mapping.ts'
import type { ConnectorForm } from './add-connection.ts'
import { fieldsOf } from './add-tenant.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export type ChangeFieldsOutcome =
  | { kind: 'asked'; version: number }
  | { kind: 'unchanged' }
  /** Somebody else made a version meanwhile; `version` is the newest. */
  | { kind: 'conflict'; version: number }
  | { kind: 'invalid'; fields: Record<string, string> }
  | { kind: 'not_found' }

export const mostCustomFields = 20
export const longestNote = 300

const field = z.string().min(1).max(200).nullable()
const name = z.string().trim().min(1, 'Give it a name').max(60, 'At most 60 characters')
const custom = z
  .record(name, z.string().min(1, 'Choose the field that it is').max(200))
  .refine((fields) => Object.keys(fields).length <= mostCustomFields, `At most ${mostCustomFields}`)
  .refine(
    (fields) =>
      new Set(Object.keys(fields).map((key) => key.toLowerCase())).size === Object.keys(fields).length,
    'Two of them have the same name',
  )
const form = z.strictObject({
  mapping: z.strictObject({ market: field, units: field, weightedFee: field, likely: field, custom }),
  note: z.string().trim().max(longestNote).default(''),
})

type Wish = {
  /** The newest version that whoever asks has seen; 0 when there is none. */
  seen: number
  mapping?: unknown
  /** In place of a mapping: the version to go back to. */
  backTo?: number
  note?: string
}

/**
 * Makes the next version of a connection's field mapping, which a worker carries out from the stored answers. One that still waited
 * is replaced. The first change also keeps what the connection was set up with, as version 1.
 */
export async function changeFields(
  tx: Tx,
  by: Actor,
  connectionId: string,
  connector: ConnectorForm,
  { seen, backTo, ...wish }: Wish,
): Promise<ChangeFieldsOutcome> {
  const [stored] = await tx
    .select({ name: connections.name, settings: connections.settings })
    .from(connections)
    .where(eq(connections.id, connectionId))
    .for('no key update')
  const { mapping: way } = connector
  if (!stored || !way) return { kind: 'not_found' }
  const versions = await tx
    .select({ version: fieldMappings.version, mapping: fieldMappings.mapping, state: fieldMappings.state })
    .from(fieldMappings)
    .where(eq(fieldMappings.connectionId, connectionId))
    .orderBy(desc(fieldMappings.version))
  const newest = versions[0]?.version ?? 0
  if (newest !== seen) return { kind: 'conflict', version: newest }
  const old = backTo === undefined ? undefined : versions.find(({ version }) => version === backTo)
  if (backTo !== undefined && !old) return { kind: 'not_found' }
  const parsed = form.safeParse({ mapping: old?.mapping ?? wish.mapping, note: wish.note })
  if (!parsed.success) return { kind: 'invalid', fields: fieldsOf(parsed.error) }
  const { mapping, note } = parsed.data
  const present = way.of(stored.settings)
  const asked = versions.find(({ state }) => state === 'waiting')?.mapping ?? present
  if (isSame(mapping, asked)) return { kind: 'unchanged' }
  const wrong = {
    ...problems(connector, way.lay(stored.settings, mapping)),
    ...(await takenNames(tx, connectionId, mapping, present)),
  }
  if (Object.keys(wrong).length > 0) return { kind: 'invalid', fields: wrong }

  const version = Math.max(newest, 1) + 1
  const row = { tenantId: sql`app.tenant_id()`, connectionId }
  if (newest === 0)
    await tx.insert(fieldMappings).values({
      ...row,
      version: 1,
      mapping: present,
      madeBy: 'set up with the connection',
      state: 'applied',
      settledAt: sql`clock_timestamp()`,
    })
  await tx
    .update(fieldMappings)
    .set({ state: 'replaced', settledAt: sql`clock_timestamp()` })
    .where(and(eq(fieldMappings.connectionId, connectionId), eq(fieldMappings.state, 'waiting')))
  await tx
    .insert(fieldMappings)
    .values({ ...row, version, mapping, madeBy: by.name, note: note || null, backTo: backTo ?? null })
  await recordDeed(tx, by, {
    deed: 'fields_mapped',
    target: `connection ${stored.name}`,
    before: mappingFacts(asked),
    after: { ...mappingFacts(mapping), version },
  })
  await tx.execute(sql`select pg_notify('tidemark_requests', 'fields')`)
  return { kind: 'asked', version }
}

const isSame = (one: FieldMapping, other: FieldMapping): boolean =>
  JSON.stringify(mappingFacts(one)) === JSON.stringify(mappingFacts(other))

/** What the connector's own settings have against it, by our field. */
function problems({ settings }: ConnectorForm, laid: Record<string, unknown>): Record<string, string> {
  const { error } = settings.safeParse(laid)
  return Object.fromEntries((error?.issues ?? []).map(({ path, message }) => [nameOf(path), message]))
}

const nameOf = (path: readonly PropertyKey[]): string =>
  mappableFields.find((known) => path.includes(known)) ?? 'custom'

/** A name under which the CRM has a field of its own would hide that. */
async function takenNames(
  tx: Tx,
  connectionId: string,
  { custom: wanted }: FieldMapping,
  present: FieldMapping,
): Promise<Record<string, string>> {
  const names = Object.keys(wanted).filter((key) => !(key in present.custom) && wanted[key] !== key)
  const { rows } = await tx.execute<{ name: string }>(sql`
    select name from unnest(${sql.param(names)}::text[]) as name
    where exists (select from opportunities o where o.connection_id = ${connectionId} and o.custom ? name) limit 1`)
  const [taken] = rows
  return taken ? { custom: `The CRM has a field named ${taken.name} itself: choose another name` } : {}
}
