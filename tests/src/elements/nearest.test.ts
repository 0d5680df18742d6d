import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nearest } from '../../../src/elements/nearest.ts'

const names = ['Pipeline', 'Hot list', 'Copper Kettle Coffee', 'Theme: dark', 'Members']

describe('what was probably meant', () => {
  test.each([
    ['pipelin', 'Pipeline'],
    ['pieplin', 'Pipeline'],
    ['hto list', 'Hot list'],
    ['ketle', 'Copper Kettle Coffee'],
    ['membres', 'Members'],
  ])('by %s is %s', (typed, meant) => expect(nearest(typed, names)).toBe(meant))

  test.each(['', 'zz', 'zzz', 'invoice', 'an entirely other sentence'])('by “%s” is nothing', (typed) =>
    expect(nearest(typed, names)).toBeUndefined(),
  )

  test('is the name itself where one letter of it is missing', () => {
    const word = fc.string({
      minLength: 6,
      maxLength: 20,
      unit: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    })
    fc.assert(
      fc.property(word, fc.nat(19), (name, at) => {
        const typed = name.slice(0, at % name.length) + name.slice((at % name.length) + 1)
        expect(nearest(typed, ['zzzzzz', name])).toBe(name)
      }),
    )
  })
})
