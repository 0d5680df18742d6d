import type pg from 'pg'
import type { DealsPlace } from './quayside/connector.ts'
import type { Connections } from './tenant.ts'
import type { World } from './world.ts'

/**
 * Deals that a stored cursor claims to have passed although they are not here: the cursor stands ahead of the data. Only
 * those that held still since before the pass began, because others may rightly have moved past the reader.
 */
export async function aheadOfData(
  client: pg.Client,
  world: World,
  { quayside }: Connections,
): Promise<string[]> {
  const { rows } = await client.query<{ cursor: string; scan_start: Date }>(
    `select cursor, scan_start from stream_cursors
     where connection_id = $1 and stream = 'opportunities' and cursor is not null and scan_start is not null`,
    [quayside],
  )
  const [stored] = rows
  if (stored === undefined) return []
  const { from, after, afterId } = JSON.parse(stored.cursor) as DealsPlace
  const here = await client.query<{ id: number; version: number }>(
    `select source_id::int as id, (custom->>'version')::int as version from opportunities where connection_id = $1`,
    [quayside],
  )
  const versions = new Map(here.rows.map(({ id, version }) => [id, version]))
  const { deals } = world.quayside
  return Array.from({ length: deals.size }, (_, index) => deals.latest(index + 1))
    .filter(({ visibleAtMs }) => visibleAtMs < stored.scan_start.getTime() - 2)
    .filter(
      ({ id, modified }) => modified > from && (modified < after || (modified === after && id <= afterId)),
    )
    .filter(({ id, version }) => (versions.get(id) ?? 0) < version)
    .map(({ id, version }) => `the cursor has passed deal ${id}, which is not here at version ${version}`)
}
