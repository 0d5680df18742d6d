import type { Tx } from '../../drizzle/db.ts'

type Asked = Pick<App.Locals, 'replica' | 'position' | 'workspace' | 'atOneMoment' | 'metrics'>

/** Reads all of one moment: from a replica that holds what the page stands on, where there is one, else from the database itself. */
export async function readAtOneMoment<T>(asked: Asked, work: (tx: Tx) => Promise<T>): Promise<T> {
  const { replica, position, workspace, atOneMoment, metrics } = asked
  if (replica === undefined || position === undefined) return atOneMoment(work)
  const read = await replica.read(position, (database) => database.asTenant(workspace.id, work, 'one moment'))
  metrics.listRead(read === null ? 'database' : 'replica')
  return read === null ? atOneMoment(work) : read.found
}
