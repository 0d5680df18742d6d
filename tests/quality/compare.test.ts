import { PNG } from 'pngjs'
import { expect, test } from 'vitest'
import { compare } from './compare.ts'

/** A picture in one grey, but for the pixels that are named. */
function picture(width: number, height: number, others: Record<number, number> = {}): Buffer {
  const png = new PNG({ width, height })
  png.data.fill(Buffer.from([200, 200, 200, 255]))
  for (const [pixel, grey] of Object.entries(others))
    png.data.fill(Buffer.from([grey, grey, grey, 255]), Number(pixel) * 4, Number(pixel) * 4 + 4)
  return PNG.sync.write(png)
}

test('a picture and its like differ in nothing', () => {
  expect(compare(picture(10, 10), picture(10, 10))).toEqual({ share: 0, where: null })
})

test('one pixel of a hundred is one hundredth, and it is shown which', () => {
  const { share, where } = compare(picture(10, 10), picture(10, 10, { 42: 190 }))
  expect(share).toBe(0.01)
  const red = PNG.sync.read(where ?? Buffer.alloc(0)).data.subarray(42 * 4, 42 * 4 + 3)
  expect([...red]).toEqual([255, 0, 0])
})

test('one step of a colour is what a browser draws differently by itself', () => {
  expect(compare(picture(10, 10), picture(10, 10, { 42: 201 }))).toEqual({ share: 0, where: null })
})

test('what a longer page has more is different', () => {
  expect(compare(picture(10, 10), picture(10, 20)).share).toBe(0.5)
  expect(compare(picture(10, 20), picture(10, 10)).share).toBe(0.5)
})
