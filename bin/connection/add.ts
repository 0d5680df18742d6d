import { addConnection } from '../../src/commands/add-connection.ts'
import { commandLine, recordDeed } from '../../src/commands/record-deed.ts'
import { findWorkspace } from '../../src/queries/workspaces.ts'
import { connectors } from '../../worker/connectors/registry.ts'
import { misuse, Refusal } from '../exit.ts'
import { invalid } from '../form.ts'
import type { Installation } from '../installation.ts'
import { settingsOf } from './pairs.ts'
import { sealingKeyFor } from './sealing-key.ts'
import { gatherSecrets } from './secrets.ts'

export type NewConnection = {
  tenant: string
  connector: string
  name: string
  baseUrl?: string
  setting?: Record<string, string>
  secretFile?: Record<string, string>
  draft?: boolean
}

/** Adds a connection and answers its id. Throws a `Refusal` that says everything that is wrong at once. */
export async function add(installation: Installation, given: NewConnection): Promise<string> {
  const connector = await connectors.get(given.connector)
  if (connector === undefined) {
    throw misuse(`There is no connector ${given.connector}. There are: ${connectors.names.join(', ')}.`)
  }
  const database = await installation.connect('tidemark_web')
  const tenant = await findWorkspace(database, given.tenant)
  if (!tenant) throw misuse(`There is no client ${given.tenant}. See: npm run tidemark -- tenant list`)
  const sealingKey = await sealingKeyFor(installation, database, tenant.id)
  const form = {
    name: given.name,
    baseUrl: given.baseUrl ?? null,
    settings: settingsOf(given.setting ?? {}),
    secrets: await gatherSecrets(connector.secrets, given.secretFile ?? {}, process.env),
  }
  const allowPrivateHosts = installation.config.TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS
  const outcome = await database.asTenant(tenant.id, async (tx) => {
    const options = { connector, sealingKey: await sealingKey(tx), allowPrivateHosts, asDraft: given.draft }
    const added = await addConnection(tx, form, options)
    const deed = {
      deed: 'connection_added',
      target: `connection ${given.name}`,
      after: { connector: connector.name },
    } as const
    if (added.kind === 'added') await recordDeed(tx, commandLine, deed)
    return added
  })
  if (outcome.kind === 'invalid') throw invalid('connection', outcome.fields)
  if (outcome.kind === 'name_taken') {
    throw new Refusal(`${tenant.name} has a connection named ${outcome.name} already. Give another --name.`)
  }
  return outcome.id
}
