import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plainText, safeHtml } from '../../../src/server/safe-html.ts'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { visit } from '../pages/browser.ts'
import { minutesAgo } from '../seed.ts'
import { payloads } from './payloads.ts'
import { emptyWorkspace } from './world.ts'

let app: TestApp
let browser: Browser

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  const connection = await emptyWorkspace(app.seed, 'hostile')
  for (const [index, payload] of payloads.entries()) {
    await app.seed.record('notes', connection, {
      body: `${payload}<p>This is what item ${index} says, and it says a good deal more than fits into the first lines. ${'And more. '.repeat(20)}</p>`,
      author: `<img src=x onerror=xss(0)> ${index}`,
      noted_at: minutesAgo(index),
    })
    await app.seed.record('activities', connection, {
      kind: payload,
      subject: payload,
      details: payload,
      is_done: false,
      due_at: minutesAgo(-60 - index),
    })
  }
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

describe.each([
  '/w/hostile/notes',
  '/w/hostile/notes?q=item img',
  '/w/hostile/notes?q=<img src=x onerror=xss(0)>',
  '/w/hostile/notes?q="><script>xss(0)</script>',
  '/w/hostile/schedule',
])('%s', (path) => {
  test.each([true, false])('runs nothing and asks nobody, with scripts: %s', async (javaScriptEnabled) => {
    const { page, complaints, close } = await visit(browser, `${app.url}/w`, {
      as: app.ana,
      javaScriptEnabled,
    })
    const asked: string[] = []
    const ran: unknown[] = []
    await page.exposeFunction('xss', (number: unknown) => void ran.push(number))
    page.on('request', (request) => {
      if (!request.url().startsWith(app.url)) asked.push(request.url())
    })
    page.on('dialog', (dialog) => void dialog.dismiss())
    await page.goto(app.url + path)
    for (let pages = 0; pages < 3; pages++) {
      await page
        .locator('.note details')
        .evaluateAll((all) => all.forEach((one) => one.setAttribute('open', '')))
      const body = page.locator('main')
      expect(
        await body
          .locator(
            'script:not([src^="/_/"]), style, img, svg:not([aria-hidden]), iframe, object, .full form, .full input',
          )
          .count(),
      ).toBe(0)
      expect(
        await page.locator('.full *').evaluateAll((all) => all.flatMap((one) => one.getAttributeNames())),
      ).toSatisfy((names: string[]) => names.every((name) => ['href', 'rel'].includes(name)))
      const links = await page
        .locator('.full a[href]')
        .evaluateAll((all) => all.map((one) => (one instanceof HTMLAnchorElement ? one.protocol : '')))
      expect(links.filter((protocol) => !['http:', 'https:', 'mailto:'].includes(protocol))).toEqual([])
      for (const one of await page.locator('.full a').all()) await one.hover()
      const more = page.locator('load-more a')
      if ((await more.count()) === 0) break
      await page.goto(new URL((await more.getAttribute('href')) ?? '', page.url()).href)
    }
    expect(ran).toEqual([])
    expect(asked).toEqual([])
    expect(complaints).toEqual([])
    await close()
  })
})

describe('the sanitiser', () => {
  test('was tried with at least forty payloads', () => expect(payloads.length).toBeGreaterThanOrEqual(40))

  test.each(payloads)('lets nothing of %j through, and marking adds nothing', (payload) => {
    for (const terms of [[], ['img'], ['xss', 'a', 'script'], ['amp'], ['"', '>', '<', '&']]) {
      const html = safeHtml(payload, terms)
      const tags = [...html.matchAll(/<\/?([a-z0-9]+)/g)].map(([, name]) => name)
      const allowed = [
        'a',
        'b',
        'i',
        'u',
        's',
        'em',
        'strong',
        'small',
        'sub',
        'sup',
        'code',
        'span',
        'p',
        'div',
        'br',
        'hr',
        'ul',
        'ol',
        'li',
        'blockquote',
        'pre',
        'mark',
      ]
      expect(tags.filter((tag) => !allowed.includes(tag ?? ''))).toEqual([])
      expect(html.replaceAll(/<(\/?[a-z0-9]+( (href|rel)="[^"<>]*")*( \/)?)>/g, '')).not.toMatch(/[<>]/)
    }
  })

  test('reads nested elements in a time that grows as they do, and not faster', () => {
    const nested = (count: number) => '<div>'.repeat(count)
    const cost = (read: (html: string) => unknown, count: number) =>
      processorTime(() => Array.from({ length: 12 }, () => read(nested(count))))
    // Ten times as many: a hundred times as long were hours for a note of some megabytes.
    for (const read of [safeHtml, plainText]) expect(cost(read, 20_000) / cost(read, 2_000)).toBeLessThan(50)
    expect(safeHtml(nested(20_000)).length).toBeLessThan(1_000)
  })

  test('reads no more than 256 kB of a note', () => {
    expect(safeHtml(`${'x'.repeat(300_000)}<b>end</b>`)).toHaveLength(256 * 1024)
  })

  test('keeps structure and open links, and marks across none of its tags', () => {
    const html =
      '<h2>Call</h2><p class="x">R&amp;D &lt;soon&gt; <b>Item</b> 19 <a href="mailto:a@b.example">mail</a></p>'
    expect(safeHtml(html, ['R&D', '<soon>', 'item', 'amp'])).toBe(
      '<p>Call</p><p><mark>R&amp;D</mark> <mark>&lt;soon&gt;</mark> <b><mark>Item</mark></b> 19 <a href="mailto:a@b.example" rel="noopener noreferrer nofollow">mail</a></p>',
    )
    expect(plainText(html)).toBe('Call\nR&D <soon> Item 19 mail')
  })
})

/** In microseconds, and not of the clock on the wall: whoever else is at work does not count. */
function processorTime(work: () => unknown): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return user + system
}
