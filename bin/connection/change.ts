import { mappableFields } from '../../drizzle/schema/field-mappings.ts'
import { changeConnection } from '../../src/commands/change-connection.ts'
import { commandLine, recordDeed } from '../../src/commands/record-deed.ts'
import { listConnections } from '../../src/queries/connection-list.ts'
import { connectors } from '../../worker/connectors/registry.ts'
import { misuse, Refusal } from '../exit.ts'
import { invalid } from '../form.ts'
import type { Tx } from '../../drizzle/db.ts'
import { readQuotaSetting } from '../../src/queries/quota.ts'
import { setQuota } from '../../src/commands/set-quota.ts'
import type { Installation } from '../installation.ts'
import { chooseOne } from '../sync/choose.ts'
import { settingsOf } from './pairs.ts'
import { sealingKeyFor } from './sealing-key.ts'
import { gatherSecrets } from './secrets.ts'

export type ConnectionChange = {
  tenant?: string
  baseUrl?: string
  setting?: Record<string, string>
  newSecrets?: boolean
  secretFile?: Record<string, string>
  pause?: boolean
  quotaShare?: string
  quotaLimit?: string
}

/** Changes a connection and answers what it is now, in words. Throws a `Refusal` that says everything that is wrong at once. */
export async function change(
  installation: Installation,
  name: string,
  given: ConnectionChange,
): Promise<string> {
  const database = await installation.connect('tidemark_web')
  const connection = chooseOne(await listConnections(database), { tenant: given.tenant, connection: name })
  const connector = await connectors.get(connection.connector)
  if (connector === undefined) throw new Refusal(`This version has no connector ${connection.connector}.`)
  const settings = settingsOf(given.setting ?? {})
  if (isMapping(settings['fields']))
    throw misuse(
      `These fields have versions. Change them with: npm run tidemark -- connection fields set ${connection.id} --map market=…`,
    )
  const sealingKey = await sealingKeyFor(installation, database, connection.tenantId)
  const asksForSecrets = given.newSecrets === true || given.secretFile !== undefined
  const form = {
    ...(given.baseUrl === undefined ? {} : { baseUrl: given.baseUrl }),
    settings,
    ...(asksForSecrets
      ? { secrets: await gatherSecrets(connector.secrets, given.secretFile ?? {}, process.env) }
      : {}),
    paused: given.pause ?? false,
  }
  const allowPrivateHosts = installation.config.TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS
  const outcome = await database.asTenant(connection.tenantId, async (tx) => {
    const options = { connector, sealingKey: await sealingKey(tx), allowPrivateHosts }
    const quota = await changeQuota(tx, connection.id, given)
    if (Object.keys(quota).length > 0) throw invalid('connection', quota, 'changed')
    const changed = await changeConnection(tx, connection.id, form, options)
    if (changed.kind === 'changed')
      await recordDeed(tx, commandLine, {
        deed: form.paused
          ? 'connection_paused'
          : asksForSecrets
            ? 'credentials_changed'
            : 'connection_changed',
        target: `connection ${connection.name}`,
        before: { state: connection.state },
        after: { state: changed.state },
      })
    return changed
  })
  if (outcome.kind === 'invalid') throw invalid('connection', outcome.fields, 'changed')
  if (outcome.kind === 'not_found') throw new Refusal(`${connection.name} is gone.`)
  if (outcome.state === 'active') return `${connection.name} is active. Its next run is due now.`
  if (outcome.state === 'draft')
    return `${connection.name} is changed and still a draft. To start it: npm run tidemark -- connection start ${connection.id}`
  return `${connection.name} is paused. To go on: npm run tidemark -- connection change ${connection.id}`
}

/** What was not given stays as it is. Gives what is wrong, by field. */
async function changeQuota(
  tx: Tx,
  id: string,
  { quotaShare, quotaLimit }: ConnectionChange,
): Promise<Record<string, string>> {
  if (quotaShare === undefined && quotaLimit === undefined) return {}
  const { share, limit } = await readQuotaSetting(tx, id)
  return setQuota(tx, commandLine, id, {
    percent: quotaShare ?? share * 100,
    limit: quotaLimit === undefined ? (limit ?? '') : quotaLimit === 'none' ? '' : quotaLimit,
  })
}

/** Whether settings say which field of the CRM is which of ours. */
const isMapping = (fields: unknown): boolean =>
  typeof fields === 'object' &&
  fields !== null &&
  [...mappableFields, 'custom'].some((name) => name in fields)
