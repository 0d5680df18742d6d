import { hash, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { seal, sealingKeys, unseal, type SealingKeys } from '../../drizzle/seal.ts'

const token = 'CANARY-TOKEN-of-Rosewood-Care'
const place = { tenantId: randomUUID(), connectionId: randomUUID(), field: 'accessToken' }

let keys: SealingKeys
beforeAll(async () => {
  keys = await sealingKeys('the secret of this installation, long enough')
})

describe('a sealed secret', () => {
  test('opens where it was sealed, whatever it says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 2_000 }), async (secret) => {
        expect(await unseal(keys, place, await seal(keys, place, secret))).toBe(secret)
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
    const stored = await seal(keys, place, token)
    const opened = unseal(keys, { ...place, ...other }, stored)
    await expect(opened).rejects.toThrow(/does not belong to this connection or was damaged; enter it again/)
  })

  test('is refused under another installation, naming both keys and nothing of the secret', async () => {
    const stored = await seal(keys, place, token)
    const others = await sealingKeys('the secret of some other installation')
    const opened = unseal(others, place, stored)
    await expect(opened).rejects.toThrow(`sealed with key ${keys.keyId}, but TIDEMARK_SECRET gives key`)
    await expect(opened).rejects.not.toThrow(/CANARY/)
    // Whoever also changes the name of the key in the row gets no further.
    await expect(unseal(others, place, { ...stored, keyId: others.keyId })).rejects.toThrow(/was damaged/)
  })

  test('is bound to the name of its key', async () => {
    const stored = await seal({ ...keys, keyId: 'renamed' }, place, token)
    await expect(unseal(keys, place, { ...stored, keyId: keys.keyId })).rejects.toThrow(/was damaged/)
  })

  test('is refused when any one bit is flipped', async () => {
    const stored = await seal(keys, place, 'short')
    for (let bit = 0; bit < stored.sealed.length * 8; bit += 3) {
      const sealed = Buffer.from(stored.sealed)
      sealed.writeUInt8(sealed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      await expect(unseal(keys, place, { ...stored, sealed }), `bit ${bit}`).rejects.toThrow(/was damaged/)
    }
  })

  test('is refused when it was cut or lengthened', async () => {
    const stored = await seal(keys, place, token)
    for (const sealed of [
      Buffer.alloc(0),
      stored.sealed.subarray(0, 10),
      stored.sealed.subarray(0, 32),
      stored.sealed.subarray(0, -1),
      Buffer.concat([stored.sealed, Buffer.from([0])]),
    ]) {
      await expect(unseal(keys, place, { ...stored, sealed })).rejects.toThrow(/was damaged/)
    }
  })

  test('shows nothing of itself but its last four characters, and never looks the same twice', async () => {
    const [one, two] = [await seal(keys, place, token), await seal(keys, place, token)]
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
  for (const secret of ['', 'abc', 'abcd', 'fifteen letters'])
    expect((await seal(keys, place, secret)).hint).toBe('')
  expect((await seal(keys, place, 'sixteen letters!')).hint).toBe('ers!')
})

describe('the keys of an installation', () => {
  test('are the same for the same secret, and others for any other', async () => {
    const again = await sealingKeys('the secret of this installation, long enough')
    expect(again.keyId).toBe(keys.keyId)
    expect(await unseal(again, place, await seal(keys, place, token))).toBe(token)
    const others = await sealingKeys('the secret of this installation, long enough ')
    expect(others.keyId).not.toBe(keys.keyId)
  })

  test('have a name that says nothing of the secret', () => {
    expect(keys.keyId).toMatch(/^[0-9a-f]{16}$/)
    expect(hash('sha256', 'the secret of this installation, long enough', 'hex')).not.toContain(keys.keyId)
  })
})
