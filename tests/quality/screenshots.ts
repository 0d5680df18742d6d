import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openBrowser } from './chromium.ts'
import { startDemo } from './demo.ts'
import { picturedPlaces } from './places.ts'

/** `npm run screenshots`: every page, by day and by night, at a desk and on a phone, into artifacts/pictures. `-- --only leads` takes one. */
const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } })
const folder = join(import.meta.dirname, '../../artifacts/pictures')
const desks = { desktop: { width: 1440, height: 960 }, phone: { width: 390, height: 844 } } as const

await mkdir(folder, { recursive: true })
const demo = await startDemo()
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [desk, viewport] of Object.entries(desks)) {
      const look = { colorScheme, viewport, deviceScaleFactor: 2, reducedMotion: 'reduce' } as const
      const { context, close } = await openBrowser(demo, look)
      const page = context.pages()[0] ?? (await context.newPage())
      const wanted = picturedPlaces(demo).filter(({ name }) => values.only?.includes(name) ?? true)
      for (const { name, path, isPublic } of wanted) {
        await context.clearCookies()
        if (!isPublic) await context.addCookies([{ ...demo.cookie, url: demo.url }])
        await page.goto(demo.url + path)
        await page.evaluate(() => document.fonts.ready)
        await page.screenshot({ path: join(folder, `${name}-${desk}-${colorScheme}.png`) })
      }
      await close()
    }
  }
  console.log(`The pictures are in ${folder}`)
} finally {
  await demo.stop()
}
