import type { BrowserContextOptions } from 'playwright-core'
import { layOutAll } from '../support/lay-out-all.ts'
import { openBrowser } from './chromium.ts'
import type { Demo } from './demo.ts'
import type { Place } from './places.ts'

/** How a page is looked at; `stoppedAt` is the moment that the browser takes for now, for as long as it is open. */
export type Look = BrowserContextOptions & { fullPage?: boolean; stoppedAt?: Date }

/** Takes a picture, a PNG, of each place by one browser. */
export async function photograph<Shown extends Place>(
  demo: Demo,
  places: readonly Shown[],
  { fullPage = false, stoppedAt, ...look }: Look,
  keep: (place: Shown, picture: Buffer) => Promise<void> | void,
): Promise<void> {
  if (places.length === 0) return
  const { context, close } = await openBrowser(demo, { reducedMotion: 'reduce', ...look })
  try {
    if (stoppedAt !== undefined) {
      await context.clock.install({ time: stoppedAt })
      await context.clock.pauseAt(stoppedAt)
    }
    const page = context.pages()[0] ?? (await context.newPage())
    for (const place of places) {
      await context.clearCookies()
      if (!place.isPublic) await context.addCookies([{ ...demo.cookie, url: demo.url }])
      await page.goto(demo.url + place.path)
      await page.evaluate(() => document.fonts.ready)
      if (fullPage) await layOutAll(page)
      await keep(place, await page.screenshot({ fullPage }))
    }
  } finally {
    await close()
  }
}
