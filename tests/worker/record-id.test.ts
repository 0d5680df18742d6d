import { createHash, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { recordIds } from '../../worker/record-id.ts'

/** UUID v5 step by step as RFC 9562 §5.5 says it, sharing nothing with the code under test. */
function uuidV5(namespace: string, name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest()
    .subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0b0000_1111) | 0b0101_0000, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0b0011_1111) | 0b1000_0000, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

const rosewood = 'c1d0d2a4-2f61-4b0e-9a5f-3a2b1c0d9e8f'

describe('the id of a record', () => {
  test('our reading of the standard gives the vectors that others publish', () => {
    const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'
    // RFC 9562, appendix A.4; and the documentation of Python's uuid module.
    expect(uuidV5(dns, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2')
    expect(uuidV5(dns, 'python.org')).toBe('886313e1-3b8a-5372-9b90-0c9aee199e5d')
  })

  test('is the UUID v5 of table and source id in the namespace of the connection', () => {
    expect(recordIds(rosewood)('leads', '9007199254740993')).toBe(uuidV5(rosewood, 'leads:9007199254740993'))
  })

  test.each([
    ['an empty one', ''],
    ['accents composed and not', 'Zoë Zoë'],
    ['emoji of several characters', '👩‍👩‍👧 🏳️‍🌈'],
    ['three bytes per character, beyond the first scratch space', '海'.repeat(512)],
    ['four bytes per character', '𝄞'.repeat(2_000)],
    ['a hundred kilobytes', 'x'.repeat(100_000)],
    ['half a character, which becomes a replacement', 'half \ud800 pair'],
    ['a NUL', 'before\0after'],
  ])('takes any source id: %s', (_, sourceId) => {
    expect(recordIds(rosewood)('notes', sourceId)).toBe(uuidV5(rosewood, `notes:${sourceId}`))
  })

  test('never shows a trace of the ids made before it', () => {
    const sourceIds = fc.array(fc.string({ unit: 'binary', maxLength: 700 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(fc.uuid(), sourceIds, (connection, all) => {
        const ids = recordIds(connection)
        const made = all.map((sourceId) => ids('leads', sourceId))
        expect(made).toEqual(all.map((sourceId) => uuidV5(connection, `leads:${sourceId}`)))
      }),
      { numRuns: 40 },
    )
  })

  test('differs between tables, connections and source ids', () => {
    const [here, there] = [recordIds(rosewood), recordIds(randomUUID())]
    const made = [here('leads', '1'), here('contacts', '1'), here('leads', '11'), there('leads', '1')]
    expect(new Set(made).size).toBe(made.length)
  })
})
