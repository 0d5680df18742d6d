import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildPages } from '../../bin/start/pages.ts'
import { bars } from './bars.ts'
import { checkOut } from './checkout.ts'
import { compare } from './compare.ts'
import type { Demo } from './demo.ts'
import { endAll, endWhenTold } from './ending.ts'
import { photograph } from './photograph.ts'
import { measuredPlaces, type Place } from './places.ts'
import { fillOnce } from './same-data.ts'
import { serveWeb } from './web.ts'

/**
 * `npm run pictures`: every page as the work tree draws it beside what an earlier commit drew, by day and by night, at a desk and on
 * a phone, over the same data at the same moment. Of what has changed both pictures and where they differ are then in
 * artifacts/changed, for a person to look at; exits 1 when one has changed by more than the bar. `-- --against HEAD` names the
 * commit, else it is the last one in common with origin/main; `-- --only due` looks at one page.
 */
const { values } = parseArgs({
  options: {
    against: { type: 'string', default: 'origin/main' },
    only: { type: 'string', multiple: true },
  },
})
const root = join(import.meta.dirname, '../..')
const changed = join(root, 'artifacts/changed')
const desks = [
  { width: 1280, height: 960 },
  { width: 390, height: 844 },
]
const looks = (['light', 'dark'] as const).flatMap((colorScheme) =>
  desks.map((viewport) => ({ colorScheme, viewport })),
)

endWhenTold()
try {
  await rm(changed, { recursive: true, force: true })
  await mkdir(changed, { recursive: true })
  const before = await checkOut(values.against)
  console.log(`The pages of this work tree against ${before.commit}`)
  await buildPages(console.log, new AbortController().signal)
  const { demo, folder, stoppedAt, databaseUrls } = await fillOnce(before.folder)
  // One after the other behind the same address, which some pages show.
  const common = { folder, stoppedAt, port: '0' }
  const web = await serveWeb({ ...common, checkout: root, databaseUrl: databaseUrls.now })
  const of: Demo = { ...demo, url: web.url }
  const places = (await measuredPlaces(of)).filter(({ name }) => values.only?.includes(name) ?? true)
  const drawn = new Map<string, Buffer>()
  await photographAll(of, places, stoppedAt, (file, picture) => void drawn.set(file, picture))
  await web.stop()

  const { port } = new URL(web.url)
  await serveWeb({ ...common, port, checkout: before.folder, databaseUrl: databaseUrls.before })
  let missed = 0
  await photographAll(of, places, stoppedAt, async (file, earlier) => {
    const picture = drawn.get(file) ?? Buffer.alloc(0)
    const { share, where } = compare(earlier, picture)
    const isMet = share <= bars.changedShare
    const words = share === 0 ? 'the same' : `${(share * 100).toPrecision(3)} %`
    console.log(`${isMet ? '✓' : '✗'} ${file.padEnd(44)} ${words.padStart(10)}`)
    if (where === null) return
    if (!isMet) missed++
    const kept = { before: earlier, now: picture, where }
    for (const [name, png] of Object.entries(kept)) await writeFile(join(changed, `${file}.${name}.png`), png)
  })
  console.log(
    missed === 0
      ? `\nNone of ${drawn.size} pictures has changed by more than ${bars.changedShare * 100} %.`
      : `\n${missed} of ${drawn.size} pictures have changed. Look at them in ${changed}`,
  )
  process.exitCode = missed === 0 ? 0 : 1
} finally {
  await endAll()
}

async function photographAll(
  of: Demo,
  places: readonly Place[],
  stoppedAt: Date,
  keep: (file: string, picture: Buffer) => Promise<void> | void,
): Promise<void> {
  // What is refused is noted in the audit log, which is a page, too.
  const isRefused = ({ status = 200 }: Place) => status >= 400
  for (const some of [places.filter((place) => !isRefused(place)), places.filter(isRefused)])
    for (const look of looks) {
      const name = `${look.viewport.width}-${look.colorScheme}`
      await photograph(of, some, { ...look, fullPage: true, stoppedAt }, (place, picture) =>
        keep(`${place.name}-${name}`, picture),
      )
    }
}
