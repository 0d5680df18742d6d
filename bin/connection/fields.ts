import type { Mapping } from '../../drizzle/schema/field-mappings.ts'
import { mappableFields, type FieldMapping } from '../../drizzle/schema/field-mappings.ts'
import type { Tx } from '../../drizzle/db.ts'
import { changeFields, type ChangeFieldsOutcome } from '../../src/commands/change-fields.ts'
import { commandLine } from '../../src/commands/record-deed.ts'
import { mappingFacts } from '../../src/domain/mapping.ts'
import { readConnection } from '../../src/queries/connection.ts'
import { listConnections, type ListedConnection } from '../../src/queries/connection-list.ts'
import { readCrmFields, readFieldMappings } from '../../src/queries/field-mapping.ts'
import { findWorkspace } from '../../src/queries/workspaces.ts'
import { previewLines, standingWords } from '../../src/server/fields-page.ts'
import { connectors } from '../../worker/connectors/registry.ts'
import type { AnyConnector } from '../../worker/connectors/connector.ts'
import { misuse, Refusal } from '../exit.ts'
import { invalid } from '../form.ts'
import type { Installation } from '../installation.ts'
import { chooseOne } from '../sync/choose.ts'
import { columns } from '../table.ts'

export type FieldsSet = {
  tenant?: string
  map?: Record<string, string>
  custom?: Record<string, string>
  note?: string
  preview?: boolean
}

type Place = {
  connection: ListedConnection
  connector: AnyConnector
  way: Mapping
  present: FieldMapping
  currency: string
}

/** What our fields are now, and which fields of the CRM there are to choose from. */
export async function listFields(
  installation: Installation,
  name: string,
  tenant?: string,
): Promise<string[]> {
  return within(installation, name, tenant, async (tx, { connection, present }) => {
    const { deals, fields } = await readCrmFields(tx, connection.id, Object.keys(present.custom))
    const ours = mappableFields.map((key) => [key, present[key] ?? 'none'])
    const further = Object.entries(present.custom).map(([own, field]) => [`custom ${own}`, field])
    const standing = standingWords(await readFieldMappings(tx, connection.id))
    return [
      ...(standing === null ? [] : [standing]),
      ...columns([...ours, ...further]),
      '',
      `Fields of ${deals} stored deals:`,
      ...columns(fields.map((field) => [field.name, `${field.filled} filled`, `such as ${field.example}`])),
    ]
  })
}

/** Every version, newest first. */
export async function listVersions(
  installation: Installation,
  name: string,
  tenant?: string,
): Promise<string[]> {
  return within(installation, name, tenant, async (tx, { connection }) => {
    const versions = await readFieldMappings(tx, connection.id)
    if (versions.length === 0) return ['The fields were never changed since the connection was set up.']
    return columns(
      versions.map(({ version, state, madeAt, madeBy, mapping, note, backTo }) => [
        String(version),
        state,
        madeAt.toISOString(),
        madeBy,
        Object.entries(mappingFacts(mapping))
          .map(([key, field]) => `${key} = ${field}`)
          .join('; '),
        note ?? (backTo === null ? '' : `back to ${backTo}`),
      ]),
    )
  })
}

/** Makes the next version, or only says what it would give. */
export async function setFields(
  installation: Installation,
  name: string,
  given: FieldsSet,
): Promise<string[]> {
  const { map = {}, custom = {}, note = '', preview = false, tenant } = given
  const unknown = Object.keys(map).filter((key) => !(mappableFields as readonly string[]).includes(key))
  if (unknown.length > 0)
    throw misuse(`There is no field ${unknown.join(', ')} of ours. There are: ${mappableFields.join(', ')}.`)
  return within(installation, name, tenant, async (tx, { connection, connector, way, present, currency }) => {
    const ours = Object.fromEntries(
      mappableFields.map((key) => [key, key in map ? map[key] || null : present[key]]),
    ) as Omit<FieldMapping, 'custom'>
    const further = Object.entries({ ...present.custom, ...custom }).filter(([, field]) => field !== '')
    const mapping: FieldMapping = { ...ours, custom: Object.fromEntries(further) }
    const { deals } = await readCrmFields(tx, connection.id, [])
    const lines = await previewLines(tx, connection.id, mapping, { reads: way.reads, deals, currency })
    const words = lines.map((line) => `${line.name} = ${line.field ?? 'none'}: ${line.words}`)
    if (preview) return [...words, 'Nothing was changed.']
    const seen = await newestOf(tx, connection.id)
    const outcome = await changeFields(tx, commandLine, connection.id, connector, { seen, mapping, note })
    return [...words, wordsOf(outcome, connection)]
  })
}

/** Makes a version that says what an older one said. */
export async function backToFields(
  installation: Installation,
  name: string,
  version: string,
  tenant?: string,
): Promise<string[]> {
  return within(installation, name, tenant, async (tx, { connection, connector }) => {
    const seen = await newestOf(tx, connection.id)
    const backTo = Number(version)
    const outcome = await changeFields(tx, commandLine, connection.id, connector, { seen, backTo })
    if (outcome.kind === 'not_found') throw misuse(`There is no version ${version} of ${connection.name}.`)
    return [wordsOf(outcome, connection)]
  })
}

const newestOf = async (tx: Tx, id: string): Promise<number> =>
  (await readFieldMappings(tx, id))[0]?.version ?? 0

function wordsOf(outcome: ChangeFieldsOutcome, { name, id }: ListedConnection): string {
  if (outcome.kind === 'invalid') throw invalid('mapping', outcome.fields, 'changed')
  if (outcome.kind === 'unchanged') return `The fields of ${name} are that way already.`
  if (outcome.kind === 'asked')
    return `Version ${outcome.version} of ${name} waits for a worker, who reads the stored answers again. See: npm run tidemark -- connection fields history ${id}`
  throw new Refusal(`The fields of ${name} were changed meanwhile; nothing was done.`)
}

async function within(
  installation: Installation,
  name: string,
  tenant: string | undefined,
  work: (tx: Tx, place: Place) => Promise<string[]>,
): Promise<string[]> {
  const database = await installation.connect('tidemark_web')
  const connection = chooseOne(await listConnections(database), { tenant, connection: name })
  const connector = await connectors.get(connection.connector)
  const way = connector?.mapping
  if (!connector || !way) throw new Refusal(`The fields of ${connection.connector} cannot be mapped.`)
  const { currency = 'USD' } = (await findWorkspace(database, connection.tenant)) ?? {}
  return database.asTenant(connection.tenantId, async (tx) => {
    const stored = await readConnection(tx, connection.id)
    if (!stored) throw new Refusal(`${connection.name} is gone.`)
    return work(tx, { connection, connector, way, present: way.of(stored.settings), currency })
  })
}
