import { commandLine, recordDeed } from '../../src/commands/record-deed.ts'
import { startConnection } from '../../src/commands/start-connection.ts'
import { listConnections } from '../../src/queries/connection-list.ts'
import { Refusal } from '../exit.ts'
import type { Installation } from '../installation.ts'
import { chooseOne } from '../sync/choose.ts'

/** Starts a draft and answers what happens next, in words. Throws a `Refusal` when it is none. */
export async function start(installation: Installation, name: string, tenant?: string): Promise<string> {
  const database = await installation.connect('tidemark_web')
  const connection = chooseOne(await listConnections(database), { tenant, connection: name })
  const outcome = await database.asTenant(connection.tenantId, async (tx) => {
    const started = await startConnection(tx, connection.id)
    const deed = { deed: 'connection_started', target: `connection ${connection.name}` } as const
    if (started.kind === 'started') await recordDeed(tx, commandLine, deed)
    return started
  })
  if (outcome.kind === 'not_found') throw new Refusal(`${connection.name} is gone.`)
  if (outcome.kind === 'not_draft')
    throw new Refusal(`${connection.name} is no draft: it is ${outcome.state}. Nothing was started.`)
  return `${connection.name} is active. Its first run waits for a worker.`
}
