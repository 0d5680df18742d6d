import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { sql, type Tx } from '../../drizzle/db.ts'
import { seal, type SealingKey } from '../../drizzle/seal.ts'
import { connections, connectionSecrets, tenants } from '../../drizzle/schema/index.ts'
import type { Consent } from '../../drizzle/schema/connections.ts'
import type { Mapping } from '../../drizzle/schema/field-mappings.ts'
import type { Webhook } from '../../drizzle/schema/nudges.ts'
import type { Quota } from '../../drizzle/schema/quota.ts'
import { fieldsOf } from './add-tenant.ts'

/** What a connector asks of a connection; part of its own description. */
export type ConnectorForm = {
  name: string
  label: string
  /** The secret fields, with the words to ask for them. */
  secrets: Record<string, string>
  /** What the customer's integrations may ask for in a day. */
  quota: Quota
  /** How the CRM sends webhooks, where it does. */
  webhook?: Webhook
  /** For CRMs in which people say where our fields stand. */
  mapping?: Mapping | undefined
  settings: {
    safeParse: (given: unknown) => { success: boolean; data?: unknown; error?: z.ZodError | undefined }
  }
  /** What no list of changes shows, and by when it is found all the same. */
  foundLater: (settings: never) => string
  /** What next steps and outcomes become there, in words, for CRMs that they can be written to. */
  writing?: { words: { step: string; outcomes: Partial<Record<string, string>> } } | undefined
  /** For CRMs that let in an app by the consent of a person. */
  consent?: Consent | undefined
}

export type AddConnectionOptions = {
  connector: ConnectorForm
  /** The workers' public key; see `readSealingKey`. */
  sealingKey: SealingKey
  /** Lets the address lead into our own network, over plain HTTP too (demo and tests). */
  allowPrivateHosts: boolean
  /** Adds it as a draft: nothing is read until somebody starts it. */
  asDraft?: boolean
  /** The keys come later, by consent. */
  awaitsConsent?: boolean
}

export type AddConnectionOutcome =
  | { kind: 'added'; id: string }
  | { kind: 'name_taken'; name: string }
  | { kind: 'invalid'; fields: Record<string, string> }

const form = z.strictObject({
  name: z.string().trim().max(100),
  baseUrl: z.string().nullable().default(null),
  settings: z.record(z.string(), z.unknown()).default({}),
  secrets: z.record(z.string(), z.string()),
})

/**
 * Adds a connection of this transaction's tenant: checks every field, seals the secrets for the worker, and makes the first
 * run due at once, unless it is a draft. Only what differs from the connector's own address and settings is stored.
 */
export async function addConnection(
  tx: Tx,
  given: unknown,
  options: AddConnectionOptions,
): Promise<AddConnectionOutcome> {
  const parsed = form.safeParse(given)
  if (!parsed.success) return { kind: 'invalid', fields: fieldsOf(parsed.error) }
  const { name, baseUrl, settings, secrets } = parsed.data
  const fields = {
    ...(name === '' ? { name: 'must not be empty' } : {}),
    ...(/\p{Cc}/u.test(name) ? { name: 'must not hold control characters' } : {}),
    ...problemOfAddress(baseUrl, options.allowPrivateHosts),
    ...problemsOfSettings(options.connector, settings),
    ...(options.awaitsConsent === true ? {} : problemsOfSecrets(options.connector, secrets)),
  }
  if (Object.keys(fields).length > 0) return { kind: 'invalid', fields }

  const [tenant] = await tx.select({ id: tenants.id }).from(tenants)
  if (!tenant) throw new Error('the workspace of this transaction does not exist')
  const [added] = await tx
    .insert(connections)
    .values({
      tenantId: tenant.id,
      id: sql`app.uuid_v7()`,
      connector: options.connector.name,
      name,
      baseUrl,
      settings,
      state: options.asDraft === true ? 'draft' : 'active',
    })
    .onConflictDoNothing({ target: [connections.tenantId, connections.name] })
    .returning({ id: connections.id })
  if (!added) return { kind: 'name_taken', name }
  for (const [field, secret] of Object.entries(secrets)) {
    const place = { tenantId: tenant.id, connectionId: added.id, field }
    await tx
      .insert(connectionSecrets)
      .values({ ...place, ...(await seal(options.sealingKey, place, secret)) })
  }
  return { kind: 'added', id: added.id }
}

/** What is wrong with the address, under its field. */
export function problemOfAddress(baseUrl: string | null, allowPrivateHosts: boolean): Record<string, string> {
  if (baseUrl === null) return {}
  const problem = addressProblem(baseUrl, allowPrivateHosts)
  return problem === null ? {} : { baseUrl: problem }
}

/**
 * Why a CRM cannot be asked at this address; null when it can. Names are looked at as they are written; what they
 * resolve to is checked again by the worker at the moment of connecting.
 */
export function addressProblem(address: string, allowPrivateHosts: boolean): string | null {
  if (!URL.canParse(address)) return 'must be an address such as https://api.example.com/v2/'
  const url = new URL(address)
  if (!/^https?:$/.test(url.protocol)) return 'must begin with https://'
  if (url.username !== '' || url.password !== '') return 'must not hold a user or a password'
  if (url.search !== '' || url.hash !== '') return 'must end with its path: no ? and no #'
  if (allowPrivateHosts) return null
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isPrivate(host)) {
    return `${host} is on this machine or in a private network; that takes TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS=true`
  }
  return url.protocol === 'https:'
    ? null
    : 'must begin with https://: the credentials would travel in the open'
}

function isPrivate(host: string): boolean {
  if (isIP(host) !== 0) return ipaddr.process(host).range() !== 'unicast'
  return !host.includes('.') || /(^|\.)(localhost|local|internal|lan|home\.arpa)\.?$/i.test(host)
}

/** What is wrong with each setting, under its field. */
export function problemsOfSettings({ settings }: ConnectorForm, given: unknown): Record<string, string> {
  const { success, error } = settings.safeParse(given)
  if (success || error === undefined) return {}
  return Object.fromEntries(
    error.issues.map(({ path, message }) => [['settings', ...path].join('.'), message]),
  )
}

/** Which secrets are missing, and which the connector does not know. */
export function problemsOfSecrets(
  { label, secrets }: ConnectorForm,
  given: Record<string, string>,
): Record<string, string> {
  const missing = Object.keys(secrets).filter((field) => !given[field]?.trim())
  const unknown = Object.keys(given).filter((field) => !(field in secrets))
  return Object.fromEntries([
    ...missing.map((field) => [`secrets.${field}`, `is missing: ${secrets[field]}`]),
    ...unknown.map((field) => [`secrets.${field}`, `is nothing that ${label} asks for`]),
  ])
}
