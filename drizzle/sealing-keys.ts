import { desc, sql } from 'drizzle-orm'
import type { Database, Tx } from './db.ts'
import { sealingKeys } from './schema/connections.ts'
import type { Keyring, SealingKey } from './seal.ts'

/** Held, shared, by everybody who seals, from reading the key to the commit of what was sealed with it. */
const sealingLock = sql`hashtextextended('tidemark sealing', 0)`

/**
 * The public key to seal with: the one published last. Undefined when no worker was ever started. What is sealed with it is to be
 * stored in this same transaction: a change of the key waits for it, and so misses nothing that was sealed under the former one.
 */
export async function readSealingKey(tx: Tx): Promise<SealingKey | undefined> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${sealingLock})`)
  const [last] = await tx
    .select({ keyId: sealingKeys.keyId, publicKey: sealingKeys.publicKey })
    .from(sealingKeys)
    .orderBy(desc(sealingKeys.publishedAt))
    .limit(1)
  return last
}

/**
 * Publishes the current key of a worker that starts. A key that another one has followed comes back only where that one is known,
 * too: a worker left behind with a former secret must not have the web seal for it alone. Answers the key published last.
 */
export async function publishSealingKey(database: Database, keyring: Keyring): Promise<SealingKey> {
  const { keyId, publicKey } = keyring.current
  await insertKey(database, keyring.current)
  const { rows } = await database.outsideTenants.query<{ key_id: string; public_key: Buffer }>(
    'select key_id, public_key from sealing_keys order by published_at desc limit 1',
  )
  const [last] = rows
  if (last === undefined) throw new Error('the sealing key was not published')
  if (last.key_id !== keyId && !keyring.knows(last.key_id))
    return { keyId: last.key_id, publicKey: last.public_key }
  await makeLast(database, keyId)
  return { keyId, publicKey }
}

/** Publishes a key where none is yet. Answers whether it was the first. */
export async function publishFirstSealingKey(database: Database, key: SealingKey): Promise<boolean> {
  const { rowCount } = await database.outsideTenants.query(
    `insert into sealing_keys (key_id, public_key) select $1, $2 where not exists (select from sealing_keys)
     on conflict do nothing`,
    [key.keyId, key.publicKey],
  )
  return rowCount === 1
}

/**
 * Makes this the key that everybody seals with from now on, whatever was published before. Returns when nothing that was sealed
 * with another one is still waiting for its commit, and answers whether the key was published before: whether a worker ever had it.
 */
export async function replaceSealingKey(database: Database, key: SealingKey): Promise<boolean> {
  const isNew = await insertKey(database, key)
  await makeLast(database, key.keyId)
  await database.outsideTenants.query(`select pg_advisory_xact_lock(hashtextextended('tidemark sealing', 0))`)
  return !isNew
}

async function insertKey(database: Database, { keyId, publicKey }: SealingKey): Promise<boolean> {
  const { rowCount } = await database.outsideTenants.query(
    'insert into sealing_keys (key_id, public_key) values ($1, $2) on conflict do nothing',
    [keyId, publicKey],
  )
  return rowCount === 1
}

async function makeLast(database: Database, keyId: string): Promise<void> {
  await database.outsideTenants.query(
    'update sealing_keys set published_at = clock_timestamp() where key_id = $1',
    [keyId],
  )
}
