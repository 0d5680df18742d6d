import type { ConsentApp } from '../drizzle/consent-apps.ts'
import type { Database } from '../drizzle/db.ts'
import type { Keyring } from '../drizzle/seal.ts'
import { readSealingKey } from '../drizzle/sealing-keys.ts'
import { alone } from './alone.ts'
import type { AnyConnector, RenewedTokens, TokenRenewal } from './connectors/connector.ts'
import { keepAccount } from './consents.ts'
import { patiently } from './patience.ts'
import { lockSecret, openSecrets, readSecrets, storeTokens, type StoredSecret } from './stored-secrets.ts'
import { askForTokens } from './token-endpoint.ts'

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
  /** The installation's app, where the connection has none of its own. */
  app?: ConsentApp | undefined
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

async function readHeld({ database, keyring, connector, renewal, app, who }: AccessOptions): Promise<Held> {
  const stored = await patiently(() => database.asTenant(who.tenantId, (tx) => readSecrets(tx, who)))
  return holding(renewal, stored, await openSecrets(keyring, who, connector, stored, app))
}

/** Spends the refresh token and stores what was given for it. */
async function exchange(options: AccessOptions, secrets: Secrets): Promise<void> {
  await store(options, secrets, await askForTokens(options, secrets))
}

/** Stores the new tokens, unless somebody has entered others meanwhile: theirs are newer than the one that was spent for these. */
async function store(options: AccessOptions, spent: Secrets, tokens: RenewedTokens): Promise<void> {
  const { database, keyring, connector, renewal, who } = options
  const { refreshToken } = renewal.fields
  await patiently(() =>
    database.asTenant(who.tenantId, async (tx) => {
      await keepAccount(tx, who, connector.label, tokens.account)
      if ((await lockSecret(tx, keyring, who, refreshToken)) !== spent[refreshToken]) return
      // As the web does: what is sealed now must open under the key that everybody was told last.
      const key = (await readSealingKey(tx)) ?? keyring.current
      await storeTokens(tx, key, who, renewal, tokens)
    }),
  )
}
