import { Pool } from 'undici'
import type { Database } from '../drizzle/db.ts'
import type { Keyring } from '../drizzle/seal.ts'
import { readSealingKey } from '../drizzle/sealing-keys.ts'
import { guardedConnector } from './address.ts'
import { alone } from './alone.ts'
import type { AnyConnector, RenewedTokens, TokenRenewal } from './connectors/connector.ts'
import { StreamError, SyncError } from './errors.ts'
import { patiently } from './patience.ts'
import { send, understand, withoutSecrets } from './send.ts'
import { statusFault } from './status-fault.ts'
import { lockSecret, openSecrets, readSecrets, storeSecret, type StoredSecret } from './stored-secrets.ts'

/** The opened secret fields of a connection, by name. */
export type Secrets = Record<string, string>

/** Access that ends by itself, kept up. */
export type Access = {
  /** The secrets to sign the next request with; renewed first when the access token is about to end. */
  current: () => Promise<Secrets>
  /** Others than these, with which the CRM has just turned us away. */
  insteadOf: (refused: Secrets) => Promise<Secrets>
}

export type AccessOptions = {
  database: Database
  databaseUrl: string
  keyring: Keyring
  connector: AnyConnector
  renewal: TokenRenewal
  baseUrl: string
  allowPrivateHosts: boolean
  who: { tenantId: string; connectionId: string }
  /** Ends the wait for others who renew; what was begun is brought to its end. */
  stopping: AbortSignal
  /** Renewals that were begun; to be waited for before the database is closed. */
  underWay?: Set<Promise<unknown>>
}

/** A token that ends within so long is renewed before it is used; of a short life, the last half. */
const marginSeconds = 300

/** A renewal that was sent is waited for, whatever happens around it, since its answer is given only once; shorter than others wait. */
const timeoutMs = 45_000

type Held = { secrets: Secrets; renewAtMs: number }

/**
 * Keeps up the access of one connection. Of all processes one renews at a time, and whoever waited for it takes what it stored.
 * The new tokens are stored before they are used: a CRM that gives a refresh token for one use would otherwise have spent the
 * only one we know. Throws `FatalError` (`E_AUTH_REVOKED`) when the CRM refuses to renew.
 */
export function createAccess(
  options: AccessOptions,
  stored: readonly StoredSecret[],
  secrets: Secrets,
): Access {
  const { accessToken } = options.renewal.fields
  let held = holding(options.renewal, stored, secrets)
  let renewing: Promise<Secrets> | undefined

  const place = {
    databaseUrl: options.databaseUrl,
    name: `access of ${options.who.connectionId}`,
    givingUp: options.stopping,
  }
  const renewOnce = (): Promise<Secrets> =>
    alone(place, async () => {
      const before = held
      held = await readHeld(options)
      const isRenewed = held.secrets[accessToken] !== before.secrets[accessToken] && !isEnding(held)
      if (isRenewed) return held.secrets
      const exchanging = exchange(options, held.secrets)
      options.underWay?.add(exchanging)
      await exchanging.finally(() => options.underWay?.delete(exchanging))
      held = await readHeld(options)
      return held.secrets
    })
  const renew = (): Promise<Secrets> => {
    renewing ??= renewOnce().finally(() => {
      renewing = undefined
    })
    return renewing
  }

  return {
    current: async () => (isEnding(held) ? renew() : held.secrets),
    insteadOf: async (refused) =>
      held.secrets[accessToken] === refused[accessToken] ? renew() : held.secrets,
  }
}

const isEnding = ({ renewAtMs }: Held): boolean => performance.now() >= renewAtMs

function holding({ fields }: TokenRenewal, stored: readonly StoredSecret[], secrets: Secrets): Held {
  if (secrets[fields.accessToken] === '') return { secrets, renewAtMs: 0 }
  const token = stored.find(({ field }) => field === fields.accessToken)
  if (token === undefined || token.leftSeconds === null) return { secrets, renewAtMs: Infinity }
  const margin = Math.min(marginSeconds, (token.lifeSeconds ?? 0) / 2)
  return { secrets, renewAtMs: performance.now() + (token.leftSeconds - margin) * 1_000 }
}

async function readHeld({ database, keyring, connector, renewal, who }: AccessOptions): Promise<Held> {
  const stored = await patiently(() => database.asTenant(who.tenantId, (tx) => readSecrets(tx, who)))
  return holding(renewal, stored, await openSecrets(keyring, who, connector, stored))
}

/** Spends the refresh token and stores what was given for it. */
async function exchange(options: AccessOptions, secrets: Secrets): Promise<void> {
  await store(options, secrets, await askForTokens(options, secrets))
}

/** Posts the form. No transaction is open meanwhile. */
async function askForTokens(options: AccessOptions, secrets: Secrets): Promise<RenewedTokens> {
  const { url: address, headers, form } = options.renewal.request(secrets, options.baseUrl)
  const url = new URL(address, options.baseUrl)
  const pool = new Pool(url.origin, { connect: guardedConnector(options.allowPrivateHosts), connections: 1 })
  const posted = {
    method: 'POST' as const,
    path: `${url.pathname}${url.search}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  }
  try {
    const { raw } = understand(await send(pool, posted, timeoutMs))
    const told = raw.status < 300 ? raw : withoutSecrets(raw, Object.values(secrets))
    const answer = options.renewal.read(told) ?? statusFault(told, 'new access')
    if (answer === null)
      throw new StreamError('E_CRM_BAD_REPLY', 'the answer to a renewal of our access was not understood')
    if (answer instanceof SyncError) throw answer
    return answer
  } finally {
    await pool.destroy()
  }
}

/** Stores the new tokens, unless somebody has entered others meanwhile: theirs are newer than the one that was spent for these. */
async function store(options: AccessOptions, spent: Secrets, tokens: RenewedTokens): Promise<void> {
  const { database, keyring, who } = options
  const { accessToken, refreshToken, home } = options.renewal.fields
  await patiently(() =>
    database.asTenant(who.tenantId, async (tx) => {
      if ((await lockSecret(tx, keyring, who, refreshToken)) !== spent[refreshToken]) return
      // As the web does: what is sealed now must open under the key that everybody was told last.
      const key = (await readSealingKey(tx)) ?? keyring.current
      await storeSecret(tx, key, { ...who, field: accessToken }, tokens.accessToken, tokens.seconds)
      if (home !== undefined && tokens.home !== undefined)
        await storeSecret(tx, key, { ...who, field: home }, tokens.home, null)
      if (tokens.refreshToken === null) return
      await storeSecret(tx, key, { ...who, field: refreshToken }, tokens.refreshToken, null)
    }),
  )
}
