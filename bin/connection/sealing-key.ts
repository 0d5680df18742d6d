import { openKeyring, type Keyring, type SealingKey } from '../../drizzle/seal.ts'
import { publishFirstSealingKey } from '../../drizzle/sealing-keys.ts'
import { readSealingKey } from '../../src/queries/sealing-key.ts'
import type { Database, Tx } from '../../drizzle/db.ts'
import { Refusal } from '../exit.ts'
import type { Installation } from '../installation.ts'

/**
 * How credentials are sealed on the command line: under the key that the workers published. Where no worker was ever started, the
 * key of this installation's secret is published first.
 */
export async function sealingKeyFor(
  installation: Installation,
  web: Database,
  tenantId: string,
): Promise<(tx: Tx) => Promise<SealingKey>> {
  const keyring = await openKeyring([await installation.secret(), ...(await installation.oldSecrets())])
  const published = await web.asTenant(tenantId, readSealingKey)
  // The web may not say what it seals with.
  if (published === undefined)
    await publishFirstSealingKey(await installation.connect('tidemark_worker'), keyring.current)
  return async (tx) => ourKey(await readSealingKey(tx), keyring)
}

/** The published key; a `Refusal` when no secret of this installation opens what is sealed with it. */
function ourKey(published: SealingKey | undefined, keyring: Keyring): SealingKey {
  if (published !== undefined && keyring.knows(published.keyId)) return published
  throw new Refusal(
    `TIDEMARK_SECRET gives the key ${keyring.current.keyId}, but credentials are sealed with the key ${published?.keyId}. ` +
      'Set it to the secret of the workers; if that one is lost, run: npm run tidemark -- secrets rotate',
  )
}
