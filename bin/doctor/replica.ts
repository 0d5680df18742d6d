import { readReplica } from '../../src/queries/server.ts'
import { failed, noticed, ok, type Finding } from './finding.ts'

const meanwhile = 'Lists are read from the database itself until then.'

/** More than this behind, and it is late all the time. */
const mostBytesBehind = 16_000_000

/** Whether lists may be read from the replica. Every page is there without one, so only a wrong one is a failure. */
export async function checkReplica(databaseUrl: string, replicaUrl: string): Promise<Finding> {
  const bytesBehind = await readReplica(databaseUrl, replicaUrl).catch(
    (error: NodeJS.ErrnoException) => error,
  )
  if (bytesBehind instanceof Error) {
    const mend = `Start it, or correct DATABASE_REPLICA_URL. ${meanwhile}`
    return noticed('replica', `it cannot be asked (${bytesBehind.code ?? 'no answer in time'})`, mend)
  }
  if (bytesBehind === null) {
    const mend = `Set DATABASE_REPLICA_URL to a streaming replica of DATABASE_URL, or unset it. ${meanwhile}`
    return failed('replica', 'it is no replica of this database', mend)
  }
  const words = `it follows, ${Math.max(0, bytesBehind).toLocaleString('en-US')} bytes behind`
  if (bytesBehind <= mostBytesBehind) return ok('replica', words)
  return noticed('replica', words, `Look why it is slow. ${meanwhile}`)
}
