import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startDemo } from './demo.ts'
import { endWhenTold } from './ending.ts'
import { photograph } from './photograph.ts'
import { measuredPlaces } from './places.ts'

/**
 * `npm run screenshots`: every page, by day and by night, at a desk and on a phone, into artifacts/pictures. `-- --only leads` takes
 * those of one page, `-- --readme` the three of the README into docs/pictures.
 */
const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, readme: { type: 'boolean', default: false } },
})
const root = join(import.meta.dirname, '../..')
const folder = join(root, values.readme ? 'docs/pictures' : 'artifacts/pictures')
const desks = { desktop: { width: 1440, height: 960 }, phone: { width: 390, height: 844 } } as const
/** Page, desk and scheme of what the README shows. */
const shown = ['overview-desktop-light', 'pipeline-desktop-dark', 'hot-list-phone-light']

await mkdir(folder, { recursive: true })
endWhenTold()
const demo = await startDemo()
try {
  const places = await measuredPlaces(demo)
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [desk, viewport] of Object.entries(desks)) {
      const pictures = places
        .map((place) => ({ ...place, file: `${place.name}-${desk}-${colorScheme}` }))
        .filter(({ name, file }) =>
          values.readme ? shown.includes(file) : (values.only?.includes(name) ?? true),
        )
      const deviceScaleFactor = values.readme && desk === 'desktop' ? 1 : 2
      await photograph(demo, pictures, { colorScheme, viewport, deviceScaleFactor }, ({ file }, picture) =>
        writeFile(join(folder, `${file}.png`), picture),
      )
    }
  }
  console.log(`The pictures are in ${folder}`)
} finally {
  await demo.stop()
}
