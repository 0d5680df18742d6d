import { hash, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { openKeyring, seal, sealingKeyOf, unseal, type Keyring, type SealingKey } from '../../drizzle/seal.ts'

const token = 'CANARY-TOKEN-of-Rosewood-Care'
const place = { tenantId: randomUUID(), connectionId: randomUUID(), field: 'accessToken' }

const secret = 'the secret of this installation, long enough'

let key: SealingKey
let keyring: Keyring
beforeAll(async () => {
  key = await sealingKeyOf(secret)
  keyring = await openKeyring([secret])
})

describe('a sealed secret', () => {
  test('opens where it was sealed, whatever it says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 2_000 }), async (text) => {
        expect(await unseal(keyring, place, await seal(key, place, text))).toBe(text)
      }),
      { numRuns: 50 },
    )
  })

  test.each([
    ['another tenant', { tenantId: randomUUID() }],
    ['another connection', { connectionId: randomUUID() }],
    ['another field', { field: 'webKey' }],
    [
      'a tenant and a connection that read the same when put together',
      { tenantId: `${place.tenantId}${place.connectionId}`, connectionId: '' },
    ],
  ])('is refused in the place of %s', async (_, other) => {
    const stored = await seal(key, place, token)
    const opened = unseal(keyring, { ...place, ...other }, stored)
    await expect(opened).rejects.toThrow(/does not belong to this connection or was damaged; enter it again/)
  })

  test('is refused under another installation, naming both keys and nothing of the secret', async () => {
    const stored = await seal(key, place, token)
    const others = await openKeyring(['the secret of some other installation'])
    const opened = unseal(others, place, stored)
    await expect(opened).rejects.toThrow(
      `sealed with key ${key.keyId}, but TIDEMARK_SECRET gives key ${others.current.keyId}`,
    )
    await expect(opened).rejects.not.toThrow(/CANARY/)
    // Whoever also changes the name of the key in the row gets no further.
    await expect(unseal(others, place, { ...stored, keyId: others.current.keyId })).rejects.toThrow(
      /was damaged/,
    )
  })

  test('is bound to the name of its key', async () => {
    const stored = await seal({ ...key, keyId: 'renamed' }, place, token)
    await expect(unseal(keyring, place, { ...stored, keyId: key.keyId })).rejects.toThrow(/was damaged/)
  })

  test('is refused when any one bit is flipped', async () => {
    const stored = await seal(key, place, 'short')
    for (let bit = 0; bit < stored.sealed.length * 8; bit += 3) {
      const sealed = Buffer.from(stored.sealed)
      sealed.writeUInt8(sealed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      await expect(unseal(keyring, place, { ...stored, sealed }), `bit ${bit}`).rejects.toThrow(/was damaged/)
    }
  })

  test('is refused when it was cut or lengthened', async () => {
    const stored = await seal(key, place, token)
    for (const sealed of [
      Buffer.alloc(0),
      stored.sealed.subarray(0, 10),
      stored.sealed.subarray(0, 32),
      stored.sealed.subarray(0, -1),
      Buffer.concat([stored.sealed, Buffer.from([0])]),
    ]) {
      await expect(unseal(keyring, place, { ...stored, sealed })).rejects.toThrow(/was damaged/)
    }
  })

  test('shows nothing of itself but its last four characters, and never looks the same twice', async () => {
    const [one, two] = [await seal(key, place, token), await seal(key, place, token)]
    expect(one.hint).toBe('Care')
    for (const { sealed } of [one, two]) {
      for (const form of [sealed.toString('latin1'), sealed.toString('base64'), sealed.toString('hex')])
        expect(form).not.toMatch(/CANARY|Rosewood/)
    }
    expect(one.sealed.equals(two.sealed)).toBe(false)
    expect(one.sealed.length).toBe(two.sealed.length)
  })
})

test('the hint gives nothing of a short secret away', async () => {
  for (const text of ['', 'abc', 'abcd', 'fifteen letters'])
    expect((await seal(key, place, text)).hint).toBe('')
  expect((await seal(key, place, 'sixteen letters!')).hint).toBe('ers!')
})

describe('the keys of an installation', () => {
  test('are the same for the same secret, and others for any other', async () => {
    const again = await openKeyring([secret])
    expect(again.current).toEqual(key)
    expect(await unseal(again, place, await seal(key, place, token))).toBe(token)
    expect((await sealingKeyOf(`${secret} `)).keyId).not.toBe(key.keyId)
  })

  test('have a name that says nothing of the secret', () => {
    expect(key.keyId).toMatch(/^[0-9a-f]{16}$/)
    expect(hash('sha256', 'the secret of this installation, long enough', 'hex')).not.toContain(key.keyId)
  })
})

describe('the public key', () => {
  test('is all that sealing takes, as it stands in the database', async () => {
    expect(Object.keys(key)).toEqual(['keyId', 'publicKey'])
    const copied = { keyId: key.keyId, publicKey: Buffer.from(key.publicKey.toString('hex'), 'hex') }
    expect(await unseal(keyring, place, await seal(copied, place, token))).toBe(token)
  })

  test('opens nothing, also for whoever takes it for a secret', async () => {
    const stored = await seal(key, place, token)
    const mistaken = await openKeyring([key.publicKey.toString('hex')])
    await expect(unseal(mistaken, place, stored)).rejects.toThrow(`sealed with key ${key.keyId}`)
    await expect(unseal(mistaken, place, { ...stored, keyId: mistaken.current.keyId })).rejects.toThrow(
      /was damaged/,
    )
  })
})

describe('a ring of keys', () => {
  const former = 'the former secret of this installation, which is long enough'

  test('opens by the name of the key in the row, and seals with the first', async () => {
    const ring = await openKeyring([secret, former])
    expect(ring.current).toEqual(key)
    for (const of of [key, await sealingKeyOf(former)])
      expect(await unseal(ring, place, await seal(of, place, token))).toBe(token)
  })

  test('asks what secrets there are by now when it meets a key that it does not hold, and only then', async () => {
    const next = 'the next secret of this installation, which is long enough'
    let asked = 0
    const ring = await openKeyring([secret], async () => {
      asked += 1
      return [next, secret]
    })
    expect(await unseal(ring, place, await seal(key, place, token))).toBe(token)
    expect(asked).toBe(0)
    const nextKey = await sealingKeyOf(next)
    for (let times = 0; times < 3; times += 1)
      expect(await unseal(ring, place, await seal(nextKey, place, token))).toBe(token)
    expect(asked).toBe(1)
    expect([ring.knows(key.keyId), ring.knows(nextKey.keyId)]).toEqual([true, false])
  })
})
