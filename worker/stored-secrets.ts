import { sql } from 'drizzle-orm'
import type { Tx } from '../drizzle/db.ts'
import { seal, unseal, type Keyring, type SealingKey } from '../drizzle/seal.ts'
import type { ConsentApp } from '../drizzle/consent-apps.ts'
import type { AnyConnector, RenewedTokens, TokenRenewal } from './connectors/connector.ts'
import { FatalError } from './errors.ts'

type Who = { tenantId: string; connectionId: string }

/** A sealed field as the database gives it: bytes in base 64, times in seconds by its own clock. */
export type StoredSecret = {
  field: string
  keyId: string
  sealed: string
  /** Seconds until it ends by itself, and how many it had when it was stored; null when it does not end. */
  leftSeconds: number | null
  lifeSeconds: number | null
}

/** The sealed fields of the connection that the query calls `c`, as one JSON value. */
export const secretsOfConnection = sql`
  coalesce((select jsonb_agg(jsonb_build_object('field', s.field, 'keyId', s.key_id, 'sealed', encode(s.sealed, 'base64'),
      'leftSeconds', extract(epoch from s.expires_at - clock_timestamp()),
      'lifeSeconds', extract(epoch from s.expires_at - s.updated_at)))
    from connection_secrets s where s.tenant_id = c.tenant_id and s.connection_id = c.id), '[]')`

/** Reads the sealed fields of a connection. */
export async function readSecrets(tx: Tx, who: Who): Promise<StoredSecret[]> {
  const { rows } = await tx.execute<{ secrets: StoredSecret[] }>(sql`
    select ${secretsOfConnection} as secrets from connections c where c.tenant_id = ${who.tenantId} and c.id = ${who.connectionId}`)
  return rows[0]?.secrets ?? []
}

/**
 * Opens what a connector asks for, and what renewing its access left beside it; what `app` has a value for is taken from there.
 * Throws `FatalError` (`E_SETTINGS`) naming the field that is missing or does not open.
 */
export async function openSecrets(
  keyring: Keyring,
  who: Who,
  connector: AnyConnector,
  stored: readonly StoredSecret[],
  app?: ConsentApp,
): Promise<Record<string, string>> {
  const secrets = app === undefined ? {} : secretsOfApp(connector, app)
  const { accessToken, home } = connector.tokens?.fields ?? {}
  // These may still have to be fetched.
  const fetched = [accessToken, home].filter((field) => field !== undefined)
  for (const field of new Set([...Object.keys(connector.secrets), ...fetched])) {
    if (field in secrets) continue
    const found = stored.find((secret) => secret.field === field)
    if (found !== undefined) secrets[field] = await openSecret(keyring, who, found)
    else if (fetched.includes(field)) secrets[field] = ''
    else if (stored.length === 0 && connector.consent !== undefined)
      throw new FatalError('E_SETTINGS', 'nobody has consented or entered keys yet')
    else throw new FatalError('E_SETTINGS', `the connection has no ${field}; enter it again`)
  }
  return secrets
}

/** What the installation's app has a value for, as the fields of a connector. */
export function secretsOfApp(
  { consent }: AnyConnector,
  { clientId, clientSecret }: ConsentApp,
): Record<string, string> {
  return consent === undefined
    ? {}
    : { [consent.app.clientId]: clientId, [consent.app.clientSecret]: clientSecret }
}

async function openSecret(
  keyring: Keyring,
  who: Who,
  { field, keyId, sealed }: StoredSecret,
): Promise<string> {
  try {
    return await unseal(keyring, { ...who, field }, { keyId, sealed: Buffer.from(sealed, 'base64') })
  } catch (error) {
    throw new FatalError('E_SETTINGS', error instanceof Error ? error.message : String(error), {
      cause: error,
    })
  }
}

/** Locks one field until the transaction ends and opens it; undefined when it is not there. */
export async function lockSecret(
  tx: Tx,
  keyring: Keyring,
  who: Who,
  field: string,
): Promise<string | undefined> {
  const { rows } = await tx.execute<{ key_id: string; sealed: Buffer }>(sql`
    select key_id, sealed from connection_secrets
    where tenant_id = ${who.tenantId} and connection_id = ${who.connectionId} and field = ${field} for update`)
  const [row] = rows
  return row && unseal(keyring, { ...who, field }, { keyId: row.key_id, sealed: row.sealed })
}

/** Seals and stores one field in place of what it held; it ends after so many seconds, or not by itself. */
export async function storeSecret(
  tx: Tx,
  key: SealingKey,
  place: Who & { field: string },
  secret: string,
  seconds: number | null,
): Promise<void> {
  const { keyId, sealed, hint } = await seal(key, place, secret)
  await tx.execute(sql`
    insert into connection_secrets (tenant_id, connection_id, field, key_id, sealed, hint, expires_at, updated_at)
    values (${place.tenantId}, ${place.connectionId}, ${place.field}, ${keyId}, ${sealed}, ${hint},
      clock_timestamp() + make_interval(secs => ${seconds}::float8), clock_timestamp())
    on conflict (tenant_id, connection_id, field) do update set key_id = excluded.key_id, sealed = excluded.sealed,
      hint = excluded.hint, expires_at = excluded.expires_at, updated_at = excluded.updated_at`)
}

/** Seals and stores what a token endpoint gave, and keeps what it is good for, where that was said. */
export async function storeTokens(
  tx: Tx,
  key: SealingKey,
  who: Who,
  { fields: { accessToken, refreshToken, home } }: TokenRenewal,
  tokens: RenewedTokens,
): Promise<void> {
  if (tokens.scopes !== undefined)
    await tx.execute(sql`
      update connections set granted_scopes = ${sql.param(tokens.scopes)}::text[]
      where tenant_id = ${who.tenantId} and id = ${who.connectionId} and granted_scopes is distinct from ${sql.param(tokens.scopes)}::text[]`)
  await storeSecret(tx, key, { ...who, field: accessToken }, tokens.accessToken, tokens.seconds)
  if (home !== undefined && tokens.home !== undefined)
    await storeSecret(tx, key, { ...who, field: home }, tokens.home, null)
  if (tokens.refreshToken === null) return
  await storeSecret(tx, key, { ...who, field: refreshToken }, tokens.refreshToken, null)
}
