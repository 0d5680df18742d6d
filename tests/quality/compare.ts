import pixelmatch from 'pixelmatch'
import { PNG } from 'pngjs'

/** The share of the pixels in which two pictures differ, and a picture that shows where; none when they are the same. */
export type Difference = { share: number; where: Buffer | null }

/** Compares two PNGs. What only the larger one has is different: a page that has grown is no longer the same. */
export function compare(before: Buffer, now: Buffer): Difference {
  if (before.equals(now)) return { share: 0, where: null }
  const pictures = [PNG.sync.read(before), PNG.sync.read(now)] as const
  const width = Math.max(...pictures.map((picture) => picture.width))
  const height = Math.max(...pictures.map((picture) => picture.height))
  const where = new PNG({ width, height })
  const [first, second] = pictures.map((picture) => onSheet(picture, width, height))
  if (first === undefined || second === undefined) throw new Error('there are two pictures')
  // One browser drew both; the same round corner may still come out one step of 255 lighter the next time.
  const options = { threshold: 0.01, includeAA: true }
  const changed = pixelmatch(first.data, second.data, where.data, width, height, options)
  return { share: changed / (width * height), where: changed === 0 ? null : PNG.sync.write(where) }
}

/** The picture in the upper corner of a sheet in a colour that no page has. */
function onSheet(picture: PNG, width: number, height: number): PNG {
  const sheet = new PNG({ width, height })
  sheet.data.fill(Buffer.from([255, 0, 255, 255]))
  PNG.bitblt(picture, sheet, 0, 0, picture.width, picture.height, 0, 0)
  return sheet
}
