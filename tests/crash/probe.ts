import pg from 'pg'
import type { Register } from './quayside/register.ts'
import type { Connections } from './tenant.ts'
import type { World } from './world.ts'

type Seen = {
  cursors: { connection: string; stream: string; fresh: number | null; watermark: number | null }[]
  counts: Record<string, number>
  tombstones: { table: string; connection: string; id: string }[]
  versions: { table: 'opportunities' | 'contacts'; id: number; version: number; gone: boolean }[]
}

const everyMs = 100

/**
 * A reader that looks ten times a second while workers die, as a page would: what the CRM still lists never disappears,
 * no row ever goes, freshness never goes backwards, and what it claims is true: everything the CRM showed at that moment is here.
 */
export class Probe {
  readonly complaints: string[] = []
  looks = 0
  readonly #world: World
  readonly #connections: Connections
  readonly #client: pg.Client
  readonly #latest = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()

  constructor(url: string, world: World, connections: Connections) {
    this.#client = new pg.Client({ connectionString: url, application_name: 'reader probe' })
    this.#world = world
    this.#connections = connections
  }

  async start(): Promise<void> {
    await this.#client.connect()
    let isLooking = false
    this.#timer = setInterval(() => {
      if (isLooking) return
      isLooking = true
      this.#looking = this.#look().finally(() => (isLooking = false))
    }, everyMs)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
    await this.#client.end()
  }

  async #look(): Promise<void> {
    try {
      const { rows } = await this.#client.query<{ seen: Seen }>(question, [this.#connections.quayside])
      const seen = rows[0]?.seen
      if (seen === undefined) throw new Error('no answer')
      this.looks += 1
      this.#notBackwards(seen)
      this.#notVanished(seen)
      this.#asFreshAsSaid(seen, 'opportunities', this.#world.quayside.deals)
      this.#asFreshAsSaid(seen, 'contacts', this.#world.quayside.people)
    } catch (error) {
      this.#complain(`the reader met an error: ${String(error)}`)
    }
  }

  #notBackwards({ cursors, counts }: Seen): void {
    for (const { connection, stream, fresh, watermark } of cursors) {
      this.#rises(`freshness of ${stream} ${connection}`, fresh)
      this.#rises(`watermark of ${stream} ${connection}`, watermark)
    }
    for (const [table, count] of Object.entries(counts)) this.#rises(`rows of ${table}`, count)
  }

  #rises(what: string, now: number | null): void {
    const before = this.#latest.get(what) ?? Number.NEGATIVE_INFINITY
    if ((now ?? Number.NEGATIVE_INFINITY) < before)
      this.#complain(`${what} went back from ${before} to ${now}`)
    if (now !== null) this.#latest.set(what, now)
  }

  /** A row that the CRM once deleted never comes back in these worlds, so a tombstone of what it lists now was always wrong. */
  #notVanished({ tombstones }: Seen): void {
    const { people, deals, notes, activities } = this.#world.account.truth()
    const ids = (rows: { id: string }[]) => new Set(rows.map(({ id }) => id))
    const listed = {
      [this.#connections.clientTether]: {
        leads: ids(people),
        contacts: ids(people),
        opportunities: ids(deals),
        notes: ids(notes),
        activities: ids(activities),
      },
      [this.#connections.quayside]: {
        opportunities: alive(this.#world.quayside.deals),
        contacts: alive(this.#world.quayside.people),
      },
    } as Record<string, Record<string, Set<string>>>
    for (const { table, connection, id } of tombstones) {
      if (listed[connection]?.[table]?.has(id))
        this.#complain(`${table} ${id} is retired, but the CRM still has it`)
    }
  }

  #asFreshAsSaid({ cursors, versions }: Seen, table: 'opportunities' | 'contacts', register: Register): void {
    const cursor = cursors.find(
      ({ connection, stream }) => connection === this.#connections.quayside && stream === table,
    )
    if (cursor === undefined || cursor.fresh === null) return
    const here = new Map(versions.filter((row) => row.table === table).map((row) => [row.id, row]))
    // Who came just before a pass and went before its page was read stood in no list that we ever saw.
    const listed = alive(register)
    // The stamps of this process and of the database are of one clock, read some microseconds apart.
    for (const { id, version, isDeleted } of register.allShown(cursor.fresh - 2)) {
      const row = here.get(id)
      const isCopied =
        row === undefined
          ? table === 'contacts' && (isDeleted || !listed.has(String(id)))
          : row.version >= version || (row.gone && table === 'contacts')
      const isBuried = !isDeleted || row === undefined || row.gone
      if (isCopied && isBuried) continue
      const is = row === undefined ? 'missing' : `at version ${row.version}${row.gone ? ', retired' : ''}`
      this.#complain(
        `${table} ${id} is ${is}, not at ${version}${isDeleted ? ', retired' : ''} as of ${new Date(cursor.fresh).toISOString()}`,
      )
    }
  }

  #complain(words: string): void {
    if (!this.complaints.includes(words)) this.complaints.push(words)
  }
}

const alive = (register: Register): Set<string> =>
  new Set(register.allShown(Date.now()).flatMap(({ id, isDeleted }) => (isDeleted ? [] : [String(id)])))

const tables = [
  'leads',
  'contacts',
  'opportunities',
  'notes',
  'activities',
  'owners',
  'stages',
  'lead_sources',
]

/** One statement, so that all of it is of one moment. */
const question = `
  select json_build_object(
    'cursors', (select coalesce(json_agg(json_build_object('connection', connection_id, 'stream', stream,
      'fresh', extract(epoch from fresh_at) * 1000, 'watermark', extract(epoch from watermark) * 1000)), '[]') from stream_cursors),
    'counts', json_build_object(${tables.map((table) => `'${table}', (select count(*) from ${table})`).join(', ')}),
    'tombstones', (select coalesce(json_agg(t), '[]') from (${tables
      .map(
        (table) =>
          `select '${table}' as "table", connection_id as connection, source_id as id from ${table} where deleted_at is not null`,
      )
      .join(' union all ')}) t),
    'versions', (select coalesce(json_agg(v), '[]') from (${['opportunities', 'contacts']
      .map(
        (
          table,
        ) => `select '${table}' as "table", source_id::int as id, (custom->>'version')::int as version, deleted_at is not null as gone
        from ${table} where connection_id = $1`,
      )
      .join(' union all ')}) v)) as seen`
