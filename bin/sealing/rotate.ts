import type { Database } from '../../drizzle/db.ts'
import { openKeyring, type Keyring } from '../../drizzle/seal.ts'
import { replaceSealingKey } from '../../drizzle/sealing-keys.ts'
import { commandLine, recordDeed } from '../../src/commands/record-deed.ts'
import { listConnections } from '../../src/queries/connection-list.ts'
import { patiently } from '../../worker/patience.ts'
import { countKeys, resealTenant, type Resealed } from '../../worker/reseal.ts'
import type { Installation } from '../installation.ts'
import { forgetFormerSecrets, replaceSecret } from '../secret.ts'

export type Rotation = Resealed & {
  /** The key that everything is sealed with now. */
  keyId: string
  /** How many were sealed with it before. */
  before: number
  /** A new secret was made and kept for it. */
  isNew: boolean
  /** Some worker was started with the current secret, or finds it where it is kept. */
  isKnownToWorkers: boolean
}

/** Hears how many secrets of how many are done. */
export type Progress = (done: number, all: number) => void

/** Looks over what somebody was just writing before it is called left. */
const mostLooks = 20
const pauseMs = 250

/**
 * Seals every stored secret anew with the current key, while workers run. Where the secret is kept in the data directory, a new one is
 * made first, unless a former change of it was not finished: then that one is. Safe to end at any moment and to run again.
 */
export async function rotate(installation: Installation, progress: Progress): Promise<Rotation> {
  const database = await installation.connect('tidemark_worker')
  const tenantIds = [...new Set((await listConnections(database)).map(({ tenantId }) => tenantId))]
  const { keyring, isNew } = await currentKeyring(installation, database, tenantIds)
  // From here on everybody seals with this key, so what is under another one only becomes less.
  const wasPublished = await patiently(() => replaceSealingKey(database, keyring.current))
  const isKnownToWorkers = wasPublished || ownsItsSecret(installation)
  const { keyId } = keyring.current
  const counts = await countAll(database, tenantIds)
  const before = counts.get(keyId) ?? 0
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0) - before
  const result = await lookOver(database, keyring, tenantIds, (done) => progress(done, all))
  if (result.left === 0 && ownsItsSecret(installation))
    await forgetFormerSecrets(installation.config.TIDEMARK_DATA_DIR)
  return { ...result, keyId, before, isNew, isKnownToWorkers }
}

const ownsItsSecret = ({ config, isEmbedded }: Installation): boolean =>
  isEmbedded && config.TIDEMARK_SECRET === undefined

async function currentKeyring(
  installation: Installation,
  database: Database,
  tenantIds: readonly string[],
): Promise<{ keyring: Keyring; isNew: boolean }> {
  const [secret, former] = [await installation.secret(), await installation.oldSecrets()]
  const keyring = await openKeyring([secret, ...former])
  if (!ownsItsSecret(installation)) return { keyring, isNew: false }
  const inUse = [...(await countAll(database, tenantIds)).keys()]
  const isUnfinished = inUse.some((keyId) => keyId !== keyring.current.keyId && keyring.knows(keyId))
  if (isUnfinished) return { keyring, isNew: false }
  const next = await replaceSecret(installation.config.TIDEMARK_DATA_DIR)
  return { keyring: await openKeyring([next, secret, ...former]), isNew: true }
}

async function countAll(database: Database, tenantIds: readonly string[]): Promise<Map<string, number>> {
  const all = new Map<string, number>()
  for (const tenantId of tenantIds) {
    for (const [key, count] of await database.asTenant(tenantId, (tx) => countKeys(tx, tenantId)))
      all.set(key, (all.get(key) ?? 0) + count)
  }
  return all
}

async function lookOver(
  database: Database,
  keyring: Keyring,
  tenantIds: readonly string[],
  progress: (done: number) => void,
): Promise<Resealed> {
  let waiting = tenantIds
  const result: Resealed = { done: 0, left: 0, unopenable: [] }
  for (let looks = 1; waiting.length > 0 && looks <= mostLooks; looks += 1) {
    if (looks > 1) await new Promise((resolve) => void setTimeout(resolve, pauseMs))
    const again: string[] = []
    result.left = 0
    for (const tenantId of waiting) {
      const { done, left, unopenable } = await resealTenant(database, keyring, tenantId, (tx, count) =>
        recordDeed(tx, commandLine, {
          deed: 'credentials_resealed',
          target: `${count} ${count === 1 ? 'credential' : 'credentials'}`,
          after: { key: keyring.current.keyId },
        }),
      )
      result.done += done
      result.left += left
      if (left > 0) again.push(tenantId)
      else result.unopenable.push(...unopenable)
      progress(result.done)
    }
    waiting = again
  }
  return result
}
