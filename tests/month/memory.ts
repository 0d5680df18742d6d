import type pg from 'pg'
import { recordTables, type Client, type Stored } from '../worker/arrange.ts'

const tables: readonly string[] = [...recordTables, 'companies']

type Written = { count: number; rows: Stored[] }

const writtenSince = `select pg_snapshot_xmin(pg_current_snapshot())::text as up_to, json_build_object(${tables
  .map(
    (table) => `'${table}', (
      select json_build_object('count', count(*), 'rows', coalesce(json_agg(t) filter (where t.xmin::text::bigint >= $2), '[]'))
      from ${table} t where connection_id = $1)`,
  )
  .join(', ')}) as tables`

/**
 * What is stored of a connection. Only rows that a transaction wrote since the last look are read again, whatever they say of when they
 * changed: to read a few hundred that stand as they stood, after each of thousands of runs, would be most of the work.
 */
export class Memory {
  readonly #db: pg.Pool
  readonly #connectionId: string
  #upTo = '0'
  #rows = new Map<string, Map<unknown, Stored>>()

  constructor(db: pg.Pool, { connectionId }: Client) {
    this.#db = db
    this.#connectionId = connectionId
  }

  /** The client with its rows as they are now. Nothing may be writing meanwhile. */
  async look(client: Client): Promise<Client> {
    if (!(await this.#follow())) {
      // A row is gone, which is never to happen; the comparison will say which.
      this.#upTo = '0'
      this.#rows = new Map()
      await this.#follow()
    }
    return {
      ...client,
      records: (table) => Promise.resolve([...(this.#rows.get(table)?.values() ?? [])]),
    }
  }

  async #follow(): Promise<boolean> {
    const { rows } = await this.#db.query<{ up_to: string; tables: Record<string, Written> }>({
      name: 'written since',
      text: writtenSince,
      values: [this.#connectionId, this.#upTo],
    })
    this.#upTo = rows[0]?.up_to ?? '0'
    return Object.entries(rows[0]?.tables ?? {}).every(([table, { count, rows: news }]) => {
      const known = this.#rows.get(table) ?? new Map<unknown, Stored>()
      this.#rows.set(table, known)
      for (const row of news) known.set(row.id, row)
      return known.size === count
    })
  }
}
