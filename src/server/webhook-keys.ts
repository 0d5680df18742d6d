import { createHmac, hash } from 'node:crypto'
import { openKeyring, unseal, type SealingKey, type Sealed, type SecretPlace } from '../../drizzle/seal.ts'

type Place = Pick<SecretPlace, 'tenantId' | 'connectionId'>

/**
 * The web's own keys for webhooks. The unguessable part of an address and the password that goes with it follow from the web's secret
 * and a salt, so that they can be shown again and nothing that opens a door is stored. What a CRM signs with is sealed for the web
 * alone: it is the one secret of a CRM that the web can open, and it opens nothing there.
 */
export type WebhookKeys = {
  /** The unguessable part of the address. */
  tokenOf: (place: Place, salt: Buffer) => string
  passwordOf: (place: Place, salt: Buffer) => string
  sealingKey: SealingKey
  /** What the CRM signs with; undefined when it was sealed under another secret of the web's. */
  open: (place: Place, sealed: Sealed) => Promise<string | undefined>
}

/** SHA-256 of the unguessable part, as it is stored. */
export const tokenDigest = (token: string): Buffer => hash('sha256', token, 'buffer')

/** Under which name what a CRM signs with is sealed. */
export const signingField = 'webhook signing secret'

export async function createWebhookKeys(secret: string): Promise<WebhookKeys> {
  const keyring = await openKeyring([`webhooks ${secret}`])
  const derived = (purpose: string, { tenantId, connectionId }: Place, salt: Buffer) =>
    createHmac('sha256', secret)
      .update(`tidemark webhook ${purpose}\n${tenantId}\n${connectionId}\n${salt.toString('hex')}`)
      .digest('base64url')
  return {
    tokenOf: (place, salt) => derived('address', place, salt),
    passwordOf: (place, salt) => derived('password', place, salt),
    sealingKey: keyring.current,
    open: async (place, sealed) =>
      keyring.knows(sealed.keyId) ? unseal(keyring, { ...place, field: signingField }, sealed) : undefined,
  }
}
