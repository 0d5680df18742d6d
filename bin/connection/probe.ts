import type { Database } from '../../drizzle/db.ts'
import type { Keyring } from '../../drizzle/seal.ts'
import type { ListedConnection } from '../../src/queries/connection-list.ts'
import { connectors } from '../../worker/connectors/registry.ts'
import { publicText, SyncError } from '../../worker/errors.ts'
import { openConnection } from '../../worker/open.ts'

export type Probe = { ok: boolean; words: string }

/**
 * Asks the CRM for the first page of its connector's probe stream and says in words what came back. Nothing is stored.
 * `database` is the worker's: nobody else may open the credentials.
 */
export async function probe(
  database: Database,
  keyring: Keyring,
  connection: ListedConnection,
  allowPrivateHosts: boolean,
): Promise<Probe> {
  const stopping = new AbortController().signal
  const who = { tenantId: connection.tenantId, connectionId: connection.id }
  const label = connectors.get(connection.connector)?.label ?? connection.connector
  try {
    const opened = await openConnection({ database, connectors, keyring, allowPrivateHosts, stopping }, who)
    try {
      return await askFirstPage(opened)
    } finally {
      await opened.fetcher.close()
    }
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    return { ok: false, words: `${publicText(error.code, label)} (${error.code}: ${error.message})` }
  }
}

async function askFirstPage({
  connector,
  settings,
  fetcher,
}: Awaited<ReturnType<typeof openConnection>>): Promise<Probe> {
  const stream = connector.streams.find(({ name }) => name === connector.probe)
  if (stream === undefined) throw new Error(`${connector.label} has no stream ${connector.probe} to ask for`)
  const scanStart = new Date().toISOString()
  const cursor = stream.begin({ scanStart, since: null, lastFullAt: null, parent: null }, settings)
  const startedMs = performance.now()
  const { reply } = await fetcher.ask(stream.request(cursor, settings), stream.name)
  const tookMs = Math.round(performance.now() - startedMs)
  const { items, total } = stream.page(reply, cursor, settings)
  const strangers = items.filter((item) => !stream.item.safeParse(item).success).length
  const of = total === null ? '' : ` of ${total}`
  const odd = strangers === 0 ? 'all of them readable' : `${strangers} of them not as documented`
  return {
    ok: true,
    words: `${connector.label} answered with status ${reply.status} in ${tookMs} ms: ${items.length}${of} ${stream.name}, ${odd}.`,
  }
}
