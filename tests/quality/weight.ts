import { gzipSync } from 'node:zlib'
import { bars, figure, none, type Finding } from './bars.ts'
import { openBrowser } from './chromium.ts'
import type { Demo } from './demo.ts'
import type { Place } from './places.ts'

/** What a page brings to somebody who was never here before, and what the browser complains about meanwhile. */
export async function weigh(demo: Demo, { name, path, isPublic, status }: Place): Promise<Finding[]> {
  const { context, close } = await openBrowser(demo, { signedIn: !isPublic })
  try {
    const page = context.pages()[0] ?? (await context.newPage())
    const brought = { document: 0, stylesheet: 0, script: 0, font: 0 }
    let [raw, icons, requests] = [0, 0, 0]
    const complaints: string[] = []
    const wire = { bytes: 0 }
    const devtools = await context.newCDPSession(page)
    await devtools.send('Network.enable')
    devtools.on('Network.loadingFinished', ({ encodedDataLength }) => (wire.bytes += encodedDataLength))
    page.on('console', (message) => {
      // A page that answers with a failure is itself complained of.
      const isOfStatus = status !== undefined && message.text().includes(`status of ${status} `)
      if (['error', 'warning'].includes(message.type()) && !isOfStatus) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    const bodies: Promise<void>[] = []
    page.on('response', (response) => {
      const kind = response.request().resourceType()
      // What stays open tells of new data and weighs nothing.
      if (kind === 'eventsource') return
      requests++
      if (!(kind in brought)) return
      bodies.push(
        response.body().then((body) => {
          const isText = kind !== 'font'
          brought[kind as keyof typeof brought] += isText ? gzipSync(body).length : body.length
          if (kind !== 'document') return
          raw += body.length
          icons += iconsIn(body.toString()).join('').length
        }),
      )
    })
    await page.goto(demo.url + path, { waitUntil: 'load' })
    await page.waitForTimeout(500)
    await Promise.all(bodies)
    const elements = await page.evaluate(() => document.querySelectorAll('*').length)
    const charts = await page.evaluate(() =>
      [...document.querySelectorAll('chart-tip svg')].map((one) => one.outerHTML),
    )
    const [cold, firstRequests] = [wire.bytes, requests]
    const first = { ...brought, raw, icons }
    page.removeAllListeners('response')
    wire.bytes = 0
    await page.reload({ waitUntil: 'load' })
    await page.waitForTimeout(500)
    return [
      figure(name, 'HTML, gzip', first.document, { most: bars.htmlGzip }),
      figure(name, 'HTML, raw', first.raw, { most: bars.htmlRaw }),
      figure(name, 'CSS, gzip', first.stylesheet, { most: bars.cssGzip }),
      figure(name, 'Scripts, gzip', first.script, {
        most: isPublic ? bars.scriptGzip.public : bars.scriptGzip.data,
      }),
      figure(name, 'Typeface', first.font, { most: bars.fontBytes }),
      figure(name, 'Requests', firstRequests, { most: bars.requests }),
      figure(name, 'First visit, bytes', cold, { most: bars.totalBytes.cold }),
      figure(name, 'Next visit, bytes', wire.bytes, { most: bars.totalBytes.warm }),
      figure(name, 'Largest chart, gzip', Math.max(0, ...charts.map((svg) => gzipSync(svg).length)), {
        most: bars.chartGzip,
      }),
      figure(name, 'Icons, raw', first.icons, { most: bars.iconBytes }),
      figure(name, 'Elements', elements, { most: bars.elements }),
      none(name, 'Complaints of the browser', complaints),
    ]
  } finally {
    await close()
  }
}

/** As they came with the page; what scripts draw later costs nobody a wait. */
const iconsIn = (html: string) => html.match(/<svg[^>]*>\s*<use[^]*?<\/svg>/g) ?? []
