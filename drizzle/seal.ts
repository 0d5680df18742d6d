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

/** The public half of a key: it seals and cannot open. Nothing about it is secret. */
export type SealingKey = { keyId: string; publicKey: Buffer }

/** What opens: the worker's and the command line's, never the web's. */
export type Keyring = {
  /** The public half of the first secret. */
  current: SealingKey
  /** The private key of this name; undefined when none of the secrets gives it. */
  find: (keyId: string) => Promise<CryptoKey | undefined>
  /** Whether one of the secrets that the ring was made with gives the key of this name. */
  knows: (keyId: string) => boolean
}

/** Where a secret belongs. It opens nowhere else: a ciphertext moved to another row, field or tenant is refused. */
export type SecretPlace = { tenantId: string; connectionId: string; field: string }

/** A secret as it is stored, with the name of the key that opens it. */
export type Sealed = { keyId: string; sealed: Buffer }

/** The public key of an installation's secret (32 bytes or more). The same secret gives the same key. */
export async function sealingKeyOf(secret: string): Promise<SealingKey> {
  return (await keysOf(secret)).sealingKey
}

/**
 * The keys of an installation: `secrets` are the current one and then the former ones. When a row names a key that none of them
 * gives, `reread` is asked for what there is by now, so that a running worker outlives a change of the secret.
 */
export async function openKeyring(
  secrets: readonly [string, ...string[]],
  reread: () => Promise<readonly string[]> = async () => [],
): Promise<Keyring> {
  const privateKeys = new Map<string, CryptoKey>()
  const add = async (secret: string): Promise<SealingKey> => {
    const { sealingKey, privateKey } = await keysOf(secret)
    privateKeys.set(sealingKey.keyId, privateKey)
    return sealingKey
  }
  const [newest, ...former] = secrets
  const current = await add(newest)
  for (const secret of former) await add(secret)
  const known = new Set(privateKeys.keys())
  return {
    current,
    knows: (keyId) => known.has(keyId),
    find: async (keyId) => {
      if (!privateKeys.has(keyId)) for (const secret of await reread()) await add(secret)
      return privateKeys.get(keyId)
    },
  }
}

async function keysOf(secret: string): Promise<{ sealingKey: SealingKey; privateKey: CryptoKey }> {
  const seed = Buffer.from(hash('sha512', `tidemark sealing ${secret}`, 'hex'), 'hex')
  const keys = await suite.kem.deriveKeyPair(new Uint8Array(seed).buffer)
  const publicKey = Buffer.from(await suite.kem.serializePublicKey(keys.publicKey))
  const keyId = hash('sha256', publicKey, 'hex').slice(0, 16)
  return { sealingKey: { keyId, publicKey }, privateKey: keys.privateKey }
}

/** Seals one secret for the workers. */
export async function seal(
  { keyId, publicKey }: SealingKey,
  place: SecretPlace,
  secret: string,
): Promise<Sealed & { hint: string }> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(new Uint8Array(publicKey).buffer)
  const sender = await suite.createSenderContext({ recipientPublicKey })
  const text = await sender.seal(new TextEncoder().encode(secret).buffer, boundTo(place, keyId))
  return {
    keyId,
    sealed: Buffer.concat([Buffer.from(sender.enc), Buffer.from(text)]),
    hint: secret.length < shortestHinted ? '' : secret.slice(-4),
  }
}

/** Opens a sealed secret. Throws an `Error` that names the key that is missing, or says that the secret is not this row's. */
export async function unseal(keyring: Keyring, place: SecretPlace, stored: Sealed): Promise<string> {
  const recipientKey = await keyring.find(stored.keyId)
  if (recipientKey === undefined) {
    throw new Error(
      `the ${place.field} was sealed with key ${stored.keyId}, but TIDEMARK_SECRET gives key ${keyring.current.keyId} and ` +
        'TIDEMARK_OLD_SECRETS does not hold it; start with the secret it was stored under, or enter it again',
    )
  }
  const { encSize } = suite.kem
  const enc = new Uint8Array(stored.sealed.subarray(0, encSize)).buffer
  const text = new Uint8Array(stored.sealed.subarray(encSize)).buffer
  try {
    const recipient = await suite.createRecipientContext({ recipientKey, enc })
    return new TextDecoder().decode(await recipient.open(text, boundTo(place, stored.keyId)))
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
