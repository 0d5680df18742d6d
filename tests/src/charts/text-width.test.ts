import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Chart } from '../../../src/charts/chart.ts'
import { drawChart } from '../../../src/charts/draw.ts'
import { textWidth } from '../../../src/charts/text-width.ts'
import { launchBrowser } from '../../support/browser.ts'

const font = readFileSync(
  new URL(
    '../../../node_modules/@fontsource-variable/ibm-plex-sans/files/ibm-plex-sans-latin-wght-normal.woff2',
    import.meta.url,
  ),
)
const style = `@font-face { font-family: Plex; src: url(/font); font-weight: 100 700 } text { font-family: Plex }`
const policy = "default-src 'none'; style-src 'self'; font-src 'self'"

let browser: Browser
let server: Server
let body = ''

beforeAll(async () => {
  browser = await launchBrowser()
  server = createServer((request, response) => {
    const [type, content] = {
      '/font': ['font/woff2', font],
      '/style': ['text/css', style],
    }[request.url ?? ''] ?? [
      'text/html; charset=utf-8',
      `<!doctype html><link rel="stylesheet" href="/style">${body}`,
    ]
    response.writeHead(200, { 'content-type': String(type), 'content-security-policy': policy }).end(content)
  }).listen(0, '127.0.0.1')
})

afterAll(async () => {
  await browser.close()
  server.close()
})

async function open(html: string): Promise<{ page: Page; complaints: string[] }> {
  body = html
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/page`)
  await page.evaluate(() => document.fonts.ready)
  return { page, complaints }
}

test('texts are as wide as the table says, in the real font', async () => {
  const texts = [
    'New lead',
    '$1,011,150',
    'Discovery day',
    '41 deals',
    'Zürich – Łódź',
    '<1%',
    'WWW iii',
    '1.5M',
  ]
  const { page } = await open(
    texts
      .flatMap((text) =>
        [400, 600].map(
          (weight) =>
            `<svg width="400" height="20"><text y="14" font-size="12" font-weight="${weight}">${text.replace('<', '&lt;')}</text></svg>`,
        ),
      )
      .join(''),
  )
  const measured = await page
    .locator('text')
    .evaluateAll((all) => all.map((one) => (one as SVGTextElement).getComputedTextLength()))
  const expected = texts.flatMap((text) => [400, 600].map((weight) => textWidth(text, `${weight} 12px x`)))
  for (const [at, width] of measured.entries()) {
    expect(Math.abs(width - (expected[at] ?? 0)), texts[Math.floor(at / 2)]).toBeLessThan(1 + width * 0.04)
  }
  await page.close()
})

test('signs of other scripts are given the room they take', () => {
  expect(textWidth('日本', '12px x')).toBe(24)
  expect(textWidth('ab', '12px x')).toBeLessThan(16)
})

const stages = [
  'New lead',
  'Qualified',
  'A stage whose name goes on and on for ever',
  'FDD sent',
  'Validation',
]
const charts: Chart[] = [
  {
    kind: 'bars',
    unit: { of: 'money', currency: 'USD' },
    bars: stages.map((name, at) => ({
      name,
      value: 90_000_000 - at * 11_000_000,
      part: 20_000_000,
      before: 20_000_000 * at,
      label: '$1.01M',
      note: '4,100 deals',
    })),
    words: { value: 'Total', part: 'Weighted', before: 'A week ago' },
  },
  { kind: 'share', parts: stages.map((name, at) => ({ name, value: 9 - at * 2 })) },
  { kind: 'pie', parts: stages.map((name, at) => ({ name, value: 9 - at })) },
  {
    kind: 'weeks',
    unit: { of: 'money', currency: 'USD' },
    weeks: Array.from({ length: 53 }, (_, at) => `Nov ${at}`),
    series: [{ name: 'New', as: 'columns', values: Array.from({ length: 53 }, (_, at) => at * 1e8 - 5e8) }],
  },
]

test.each(charts)(
  '$kind keeps the policy, and no text stands on another or out of the picture',
  async (chart) => {
    const { wide, narrow } = drawChart(chart, { workspaceId: 'w', stamp: 's' }, 'Where?')
    const { page, complaints } = await open(wide + narrow)
    expect(complaints).toEqual([])
    expect(await page.locator('body > svg').count()).toBe(2)
    const faults = await page.evaluate(() =>
      [...document.querySelectorAll('body > svg')].flatMap((svg) => {
        const frame = svg.getBoundingClientRect()
        const boxes = [...svg.querySelectorAll('text')].map((text) => ({
          text: text.textContent,
          box: text.getBoundingClientRect(),
        }))
        const outside = boxes.filter(({ box }) => box.left < frame.left - 1 || box.right > frame.right + 1)
        const overlapping = boxes.filter(({ box }, at) =>
          boxes.some(
            (other, place) =>
              place > at &&
              Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left) > 1 &&
              Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top) > 3,
          ),
        )
        return [...outside, ...overlapping].map(({ text }) => text)
      }),
    )
    expect(faults).toEqual([])
    await page.close()
  },
)
