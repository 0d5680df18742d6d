import { isDeepStrictEqual } from 'node:util'
import type pg from 'pg'
import { recordIds } from '../../worker/record-id.ts'
import type { Connections } from './tenant.ts'
import type { World } from './world.ts'

type Rows = Record<string, Record<string, unknown>>

/** Compares the copy with both CRMs, record by record. Returns a sentence for everything lost, doubled, stale or made up. */
export async function differences(
  client: pg.Client,
  world: World,
  connections: Connections,
): Promise<string[]> {
  const { clientTether, quayside } = connections
  const stored = async (connection: string, table: string, columns: string) => {
    const { rows } = await client.query<{ source_id: string; row: Record<string, unknown> }>(
      `select t.source_id, to_json(r) as row from ${table} t, lateral (select ${columns}) r
       where connection_id = $1 and deleted_at is null`,
      [connection],
    )
    return { count: rows.length, rows: Object.fromEntries(rows.map(({ source_id: id, row }) => [id, row])) }
  }
  const found: string[] = []
  const check = async (connection: string, table: string, columns: string, wanted: Rows) => {
    const { count, rows } = await stored(connection, table, columns)
    if (count !== Object.keys(rows).length) found.push(`${table}: some source ids are there twice`)
    found.push(...compare(table, wanted, rows))
  }
  for (const [table, { columns, rows }] of Object.entries(clientTetherTruth(world, recordIds(clientTether))))
    await check(clientTether, table, columns, rows)
  for (const [table, rows] of Object.entries(quaysideTruth(world))) {
    const amount = table === 'contacts' ? 'phone' : 'amount_minor::text'
    await check(quayside, table, `(custom->>'version')::int as version, ${amount} as amount`, rows)
  }
  return found
}

function compare(table: string, wanted: Rows, stored: Rows): string[] {
  const found: string[] = []
  for (const [id, row] of Object.entries(wanted)) {
    const here = stored[id]
    if (here === undefined) found.push(`${table} ${id} is missing`)
    else if (!isDeepStrictEqual({ ...here }, { ...row }))
      found.push(`${table} ${id} is stale: ${JSON.stringify(here)}, not ${JSON.stringify(row)}`)
  }
  for (const id of Object.keys(stored)) if (!(id in wanted)) found.push(`${table} ${id} is still here`)
  return found
}

const instantOf = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"') as ${column}`
const said = (text: string): string | null => text.trim() || null
const byId = <T extends { id: string }>(rows: T[], read: (row: T) => Record<string, unknown>): Rows =>
  Object.fromEntries(rows.map((row) => [row.id, read(row)]))

/** What ClientTether holds, in the columns that a reader would notice; written from the simulator's facts, not from our reading. */
function clientTetherTruth(
  world: World,
  ids: ReturnType<typeof recordIds>,
): Record<string, { columns: string; rows: Rows }> {
  const { people, deals, notes, activities, leadSources } = world.account.truth()
  // An appointment may outlive its person, whom the copy may never have met: the id is the same either way.
  const contact = (personId: string) => ids('contacts', personId)
  return {
    contacts: {
      columns: `first_name, last_name, email, phone, ${instantOf('source_updated_at')}`,
      rows: byId(people, ({ firstName, lastName, email, phone, modifiedAt }) => ({
        first_name: said(firstName),
        last_name: said(lastName),
        email: said(email),
        phone: said(phone),
        source_updated_at: modifiedAt,
      })),
    },
    leads: {
      columns: `stage_name, source, amount_minor, ${instantOf('source_updated_at')}`,
      rows: byId(people, ({ stageName, leadSourceName, amountMinor, modifiedAt }) => ({
        stage_name: stageName ?? 'New Lead',
        source: leadSourceName,
        amount_minor: amountMinor,
        source_updated_at: modifiedAt,
      })),
    },
    opportunities: {
      columns: `stage_name, amount_minor, market, units, contact_id, ${instantOf('source_updated_at')}`,
      rows: byId(deals, ({ stageName, amountMinor, market, units, personId, modifiedAt }) => ({
        stage_name: stageName ?? 'New Lead',
        amount_minor: amountMinor,
        market: said(market),
        units,
        contact_id: contact(personId),
        source_updated_at: modifiedAt,
      })),
    },
    notes: {
      columns: `author, body, contact_id`,
      rows: byId(notes, ({ author, text, personId }) => ({
        author,
        body: text,
        contact_id: contact(personId),
      })),
    },
    activities: {
      columns: `subject, is_done, contact_id, ${instantOf('due_at')}`,
      rows: byId(
        activities.filter(({ kind }) => kind === 'appointment'),
        ({ title, status, personId, startAt }) => ({
          subject: said(title),
          is_done: status === 'completed',
          contact_id: contact(personId),
          due_at: startAt,
        }),
      ),
    },
    lead_sources: { columns: 'name', rows: byId(leadSources, ({ name }) => ({ name })) },
  }
}

function quaysideTruth({ quayside: { deals, people } }: World): Record<string, Rows> {
  const rows = (register: typeof deals): Rows =>
    Object.fromEntries(
      register
        .allShown(Date.now())
        .filter(({ isDeleted }) => !isDeleted)
        .map(({ id, version, amount }) => [String(id), { version, amount: String(amount) }]),
    )
  return { opportunities: rows(deals), contacts: rows(people) }
}
