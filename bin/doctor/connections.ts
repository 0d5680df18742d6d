import type { Database } from '../../drizzle/db.ts'
import type { Keyring } from '../../drizzle/seal.ts'
import { listConnections, type ListedConnection } from '../../src/queries/connection-list.ts'
import { connectors } from '../../worker/connectors/registry.ts'
import { SyncError } from '../../worker/errors.ts'
import { openConnection } from '../../worker/open.ts'
import { probe } from '../../worker/probe.ts'
import { oneLine } from '../sync/report.ts'
import type { Standing } from '../status/read.ts'
import { failed, noticed, ok, type Finding } from './finding.ts'

type Parts = {
  /** The worker's: nobody else may open credentials. */
  database: Database
  databaseUrl: string
  keyring: Keyring
  allowPrivateHosts: boolean
  isLive: boolean
  standings: readonly Standing[]
}

/** Of every connection: whether it is active, how its last run went, whether its secrets open, and what its CRM answers. */
export async function checkConnections(parts: Parts): Promise<Finding[]> {
  const all = await listConnections(parts.database)
  const mend = 'Add one: npm run tidemark -- connection add --help'
  if (all.length === 0) return [noticed('connections', 'there is none yet', mend)]
  const findings: Finding[] = []
  for (const connection of all) findings.push(...(await checkConnection(parts, connection)))
  return findings
}

async function checkConnection(parts: Parts, connection: ListedConnection): Promise<Finding[]> {
  const check = `${connection.tenant} / ${connection.name}`
  const standing = parts.standings.find(({ id }) => id === connection.id)
  const findings = [await checkSecrets(parts, check, connection), checkRuns(check, connection, standing)]
  if (!parts.isLive) return findings
  const who = { tenantId: connection.tenantId, connectionId: connection.id }
  const { ok: answered, steps } = await probe(openOptions(parts), who)
  const words = steps.map((step) => oneLine(step.words)).join('; ')
  const mend = `Correct the connection, then: npm run tidemark -- connection test ${connection.id}`
  return [...findings, answered ? ok(`${check}: live`, words) : failed(`${check}: live`, words, mend)]
}

const openOptions = ({ database, databaseUrl, keyring, allowPrivateHosts }: Parts) => ({
  database,
  databaseUrl,
  connectors,
  keyring,
  allowPrivateHosts,
  stopping: new AbortController().signal,
})

async function checkSecrets(
  parts: Parts,
  check: string,
  { tenantId, id: connectionId }: ListedConnection,
): Promise<Finding> {
  try {
    const { fetcher } = await openConnection(openOptions(parts), { tenantId, connectionId })
    await fetcher.close()
    return ok(`${check}: secrets`, 'they open, and the settings fit')
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    const mend =
      'Start with the TIDEMARK_SECRET they were stored under (a former one belongs in TIDEMARK_OLD_SECRETS), or enter the credentials again.'
    return failed(`${check}: secrets`, error.message, mend)
  }
}

function checkRuns(
  check: string,
  { state, stateReason }: ListedConnection,
  standing: Standing | undefined,
): Finding {
  const name = `${check}: runs`
  const last = standing?.lastRun ?? null
  if (state === 'needs_reconnect') {
    return failed(
      name,
      stateReason ?? 'the CRM refuses our access',
      'Renew the access in the CRM and connect it again.',
    )
  }
  if (state === 'draft') return noticed(name, 'a draft: nothing is copied yet', 'Start it when it is set up.')
  if (state === 'paused')
    return noticed(name, 'paused: nothing is copied', 'Resume it when it should be copied again.')
  if (last === null) return noticed(name, 'no run has ended yet', 'Make one: npm run tidemark -- sync')
  const words = `last run: ${last.status}, ${last.verdict ?? ''}${last.errorDetail ? ` (${oneLine(last.errorDetail)})` : ''}`
  if (last.status === 'success' && standing?.isStale === false) return ok(name, words)
  const mend = 'See the run on the sync page; then: npm run tidemark -- sync'
  if (last.status === 'success') return failed(name, `${words} That is too long ago.`, mend)
  return last.status === 'partial' ? noticed(name, words, mend) : failed(name, words, mend)
}
