import { Pool } from 'undici'
import { readSealingKey } from '../drizzle/sealing-keys.ts'
import { unseal, type Sealed } from '../drizzle/seal.ts'
import { guardedConnector } from './address.ts'
import type { AnyConnector, RenewedTokens } from './connectors/connector.ts'
import { connectByConsent, endConsent, keepAccount, takeConsent, type GrantedConsent } from './consents.ts'
import { asSyncError, FatalError, StreamError } from './errors.ts'
import { homeOf } from './fetcher.ts'
import { appOf, type OpenOptions } from './open.ts'
import { patiently } from './patience.ts'
import { send, understand } from './send.ts'
import { secretsOfApp, storeTokens } from './stored-secrets.ts'
import { askForTokens } from './token-endpoint.ts'

type Who = { tenantId: string; connectionId: string }

/**
 * Exchanges the consent that somebody gave for this connection, if one waits, and stores what it gave before anything is asked with
 * it. Answers in words who let us in; null when none waited. Throws a `SyncError` when nothing came of it; the keys from before stay.
 */
export async function settleConsent(options: OpenOptions, who: Who): Promise<string | null> {
  const { database } = options
  const taken = await database.asTenant(who.tenantId, (tx) => takeConsent(tx, who))
  if (taken === null) return null
  const settling = settle(options, who, taken)
  options.underWay?.add(settling)
  try {
    return await settling
  } catch (error) {
    const { id } = taken
    const words = asSyncError(error).message
    await patiently(() => database.asTenant(who.tenantId, (tx) => endConsent(tx, who, { id, words })))
    throw error
  } finally {
    options.underWay?.delete(settling)
  }
}

async function settle(options: OpenOptions, who: Who, taken: GrantedConsent): Promise<string> {
  const { connector, consent, renewal } = await described(options, taken)
  const { allowPrivateHosts, database, keyring } = options
  const app = appOf(options, connector)
  const open = (field: string, sealed: Sealed) => unseal(keyring, { ...who, field }, sealed)
  const grant = {
    grant_type: 'authorization_code',
    code: await open('code', taken.code),
    redirect_uri: taken.redirectUri,
    ...(taken.verifier !== null && { code_verifier: await open('verifier', taken.verifier) }),
  }
  const baseUrl = taken.baseUrl ?? connector.baseUrl
  const endpoint = { connector, renewal, app, baseUrl, allowPrivateHosts }
  const tokens = await askForTokens(endpoint, secretsOfApp(connector, app), grant)
  if (tokens.refreshToken === null)
    throw new FatalError(
      'E_SETTINGS',
      `${consent.crm} gave access for a while only: the app must be allowed to keep it up (offline access)`,
    )
  const account = tokens.account ?? (await whoseAre(options, connector, tokens))
  await patiently(() =>
    database.asTenant(who.tenantId, async (tx) => {
      await keepAccount(tx, who, consent.crm, account)
      await connectByConsent(tx, who)
      await storeTokens(tx, (await readSealingKey(tx)) ?? keyring.current, who, renewal, tokens)
      await endConsent(tx, who, { id: taken.id, words: null }, account)
    }),
  )
  return account === undefined ? `${consent.crm} let us in` : `${consent.crm} account ${account} let us in`
}

async function described({ connectors }: OpenOptions, { connector: name }: GrantedConsent) {
  const connector = await connectors.get(name)
  const { consent, tokens: renewal } = connector ?? {}
  if (connector === undefined || consent === undefined || renewal === undefined)
    throw new FatalError('E_SETTINGS', `${name} is nothing that one connects by consent`)
  return { connector, consent, renewal }
}

/** Asks whose tokens these are, of CRMs that do not say it with them. */
async function whoseAre(
  { allowPrivateHosts }: OpenOptions,
  connector: AnyConnector,
  { accessToken, home }: RenewedTokens,
): Promise<string | undefined> {
  const { whose } = connector.consent ?? {}
  const { fields } = connector.tokens ?? {}
  if (whose === undefined || fields === undefined) return undefined
  const secrets = { [fields.accessToken]: accessToken, ...(fields.home && home && { [fields.home]: home }) }
  const base = homeOf({ connector, allowPrivateHosts }, secrets) ?? connector.baseUrl
  const { origin, pathname: path } = new URL(whose.path, base)
  const pool = new Pool(origin, { connect: guardedConnector(allowPrivateHosts), connections: 1 })
  const asked = { method: 'GET' as const, path, headers: connector.authorise(secrets), body: null }
  try {
    const account = whose.read(understand(await send(pool, asked, longestAnswerMs)).raw.body)
    if (account !== null) return account
    throw new StreamError('E_CRM_BAD_REPLY', `${connector.label} did not say whose account let us in`)
  } finally {
    await pool.destroy()
  }
}

const longestAnswerMs = 15_000
