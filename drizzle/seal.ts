import { hash } from 'node:crypto'
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'

// HPKE (RFC 9180), base mode: whoever has the public key can seal, only the private key opens.
const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
})
const formatVersion = 1

/** Four characters of anything shorter would give too much of it away. */
const shortestHinted = 16

export type SealingKeys = { keyId: string; keys: CryptoKeyPair }

/** Where a secret belongs. It opens nowhere else: a ciphertext moved to another row, field or tenant is refused. */
export type SecretPlace = { tenantId: string; connectionId: string; field: string }

/** Derives the key pair of an installation from its secret (32 bytes or more). The same secret gives the same keys. */
export async function sealingKeys(secret: string): Promise<SealingKeys> {
  const seed = Buffer.from(hash('sha512', `tidemark sealing ${secret}`, 'hex'), 'hex')
  const keys = await suite.kem.deriveKeyPair(new Uint8Array(seed).buffer)
  const publicKey = Buffer.from(await suite.kem.serializePublicKey(keys.publicKey))
  return { keyId: hash('sha256', publicKey, 'hex').slice(0, 16), keys }
}

/** Seals one secret for the worker. */
export async function seal(
  { keyId, keys }: SealingKeys,
  place: SecretPlace,
  secret: string,
): Promise<{ keyId: string; sealed: Buffer; hint: string }> {
  const sender = await suite.createSenderContext({ recipientPublicKey: keys.publicKey })
  const text = await sender.seal(new TextEncoder().encode(secret).buffer, boundTo(place, keyId))
  return {
    keyId,
    sealed: Buffer.concat([Buffer.from(sender.enc), Buffer.from(text)]),
    hint: secret.length < shortestHinted ? '' : secret.slice(-4),
  }
}

/** Opens a sealed secret. Throws an `Error` that says which key is missing, or that the secret is not this row's. */
export async function unseal(
  { keyId, keys }: SealingKeys,
  place: SecretPlace,
  stored: { keyId: string; sealed: Buffer },
): Promise<string> {
  if (stored.keyId !== keyId) {
    throw new Error(
      `the ${place.field} was sealed with key ${stored.keyId}, but TIDEMARK_SECRET gives key ${keyId}; start with the secret it was stored under`,
    )
  }
  const { encSize } = suite.kem
  const enc = new Uint8Array(stored.sealed.subarray(0, encSize)).buffer
  const text = new Uint8Array(stored.sealed.subarray(encSize)).buffer
  try {
    const recipient = await suite.createRecipientContext({ recipientKey: keys.privateKey, enc })
    return new TextDecoder().decode(await recipient.open(text, boundTo(place, keyId)))
  } catch (error) {
    throw new Error(
      `the sealed ${place.field} does not belong to this connection or was damaged; enter it again`,
      { cause: error },
    )
  }
}

/** Associated data: what the secret is for, each part with its length so that no two places read alike. */
function boundTo({ tenantId, connectionId, field }: SecretPlace, keyId: string): ArrayBuffer {
  const parts = [String(formatVersion), tenantId, connectionId, field, keyId].map(
    (part) => `${part.length}:${part}`,
  )
  return new TextEncoder().encode(parts.join('')).buffer
}
