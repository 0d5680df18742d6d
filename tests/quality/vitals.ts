import type { Page } from 'playwright-core'
import { bars, figure, median, type Finding } from './bars.ts'
import { openBrowser } from './chromium.ts'
import type { Demo } from './demo.ts'
import type { Place } from './places.ts'

type Vitals = { lcp: number; cls: number; inp: number }
type Watched = { lcp: number; cls: number; inp: number }

const runs = 5
/** A phone on a slow network: 1.6 Mbit/s and 150 ms there and back. */
const slow = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 7.5e5 / 8 }

/** What a person with a phone sees and feels at a first visit, with a slow processor and with this one; the figures are medians. */
export async function measureVitals(demo: Demo, place: Place): Promise<Finding[]> {
  const at = async (slowdown: number) => {
    const seen: Vitals[] = []
    for (let run = 0; run < runs; run++) seen.push(await visitOnce(demo, place, slowdown))
    return (name: keyof Vitals) => median(seen.map((one) => one[name]))
  }
  const { name } = place
  const [phone, desk] = [await at(4), await at(1)]
  return [
    figure(name, 'LCP on a phone, ms', Math.round(phone('lcp')), { most: bars.lcpMs.phone }),
    figure(name, 'LCP, ms', Math.round(desk('lcp')), { most: bars.lcpMs.plain }),
    figure(name, 'CLS on a phone', phone('cls'), { most: bars.cls }),
    figure(name, 'INP on a phone, ms', phone('inp'), { most: bars.inpMs.phone }),
    figure(name, 'INP, ms', desk('inp'), { most: bars.inpMs.plain }),
  ]
}

async function visitOnce(demo: Demo, { path, isPublic }: Place, slowdown: number): Promise<Vitals> {
  const look = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }
  const { context, close } = await openBrowser(demo, { signedIn: !isPublic, ...look })
  try {
    const page = context.pages()[0] ?? (await context.newPage())
    const devtools = await context.newCDPSession(page)
    await devtools.send('Network.enable')
    await devtools.send('Network.emulateNetworkConditions', slow)
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
    await page.addInitScript(watch)
    await page.goto(demo.url + path, { waitUntil: 'load' })
    await page.waitForTimeout(500)
    await act(page)
    return await page.evaluate(() => (window as unknown as { watched: Watched }).watched)
  } finally {
    await close()
  }
}

/** For so long people press a button. */
const pressMs = 90

/** From a page that is warm to another one by a link, as the navigation of a workspace does it: until something is painted. */
export async function measureTurn(demo: Demo, { name, path, isPublic }: Place): Promise<Finding[]> {
  if (isPublic) return []
  const { context, close } = await openBrowser(demo)
  try {
    const page = context.pages()[0] ?? (await context.newPage())
    await page.goto(demo.url + path)
    const painted: number[] = []
    for (let turn = 0; turn < runs; turn++) {
      await page.goto(`${demo.url}${demo.home}/sync`)
      const link = page.locator(`.side li a[href="${path}"]`)
      // Not every page stands in the navigation; the name above it opens a choice instead.
      if ((await link.count()) === 0) return []
      await link.hover()
      await Promise.all([page.waitForEvent('load'), link.click({ delay: pressMs })])
      await page.waitForTimeout(250)
      painted.push(
        await page.evaluate(
          () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
        ),
      )
    }
    return [figure(name, 'Page to page, ms', Math.round(median(painted)), { most: bars.turnMs })]
  } finally {
    await close()
  }
}

/** Runs in the page, before anything else in it. */
function watch(): void {
  type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean }
  type Event = PerformanceEntry & { interactionId: number }
  const watched: Watched = { lcp: 0, cls: 0, inp: 0 }
  Object.assign(window, { watched })
  const see = (type: string, hear: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(hear)).observe({
      type,
      buffered: true,
      durationThreshold: 16,
    } as PerformanceObserverInit)
  see('largest-contentful-paint', ({ startTime }) => (watched.lcp = startTime))
  see('layout-shift', (entry) => {
    if (!(entry as Shift).hadRecentInput) watched.cls += (entry as Shift).value
  })
  see('event', (entry) => {
    if ((entry as Event).interactionId > 0) watched.inp = Math.max(watched.inp, entry.duration)
  })
}

/** What people do: open the palette and type, unfold something, type into the page's own search. */
async function act(page: Page): Promise<void> {
  const settle = () => page.waitForTimeout(250)
  if ((await page.locator('.omni').count()) > 0) {
    await page.locator('.omni').first().tap()
    await settle()
    await page.keyboard.type('pip')
    await settle()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await settle()
  }
  const fold = page.locator('main summary:visible').first()
  if ((await fold.count()) > 0) await fold.tap()
  await settle()
  const field = page.locator('main input:visible:not([type=date]):not([type=checkbox])').first()
  if ((await field.count()) > 0) {
    await field.tap()
    await page.keyboard.type('ab')
  }
  await page.waitForTimeout(500)
}
