import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { layOutAll } from '../../support/lay-out-all.ts'
import { patienceMs } from '../../support/until.ts'
import type { Visitor } from '../visitor.ts'

export type Visit = { page: Page; complaints: string[]; close: () => Promise<void> }

/** Opens a page in a fresh profile, signed in as `as`, and collects what the browser complains about: scripts, policy, network. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions & { as?: Pick<Visitor, 'cookies'> } = {},
): Promise<Visit> {
  const { as: visitor, ...look } = options
  const context = await browser.newContext({ reducedMotion: 'reduce', ...look })
  context.setDefaultTimeout(patienceMs)
  const cookies = [...(visitor?.cookies ?? [])].map(([name, value]) => ({
    name,
    value,
    url: new URL(url).origin,
  }))
  await context.addCookies(cookies)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(url)
  return { page, complaints, close: () => context.close() }
}

/** Goes on to another page by `act`, a click or a key, and waits until all of it is there: counts and lists are not waited for. */
export const follow = (page: Page, act: () => Promise<void>): Promise<unknown> =>
  Promise.all([page.waitForEvent('load'), act()])

/** What axe finds, as `rule: element`. A page that goes on to another one meanwhile takes axe along: then that one is looked at. */
export async function violations(page: Page): Promise<string[]> {
  const results = await axe(page).catch(async () => {
    await page.waitForLoadState()
    return axe(page)
  })
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 100)}`),
  )
}

/** No page of ours has frames, so axe need not gather its results in a window of its own. */
async function axe(page: Page) {
  await layOutAll(page)
  return new AxeBuilder({ page })
    .setLegacyMode(true)
    .options({ resultTypes: ['violations'] })
    .analyze()
}

/** Texts that stand out of the window sideways, or are cut off by their box. */
export function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth
    const isInFrame = (element: Element | null): boolean =>
      element !== null &&
      (/auto|scroll/.test(getComputedStyle(element).overflowX) || isInFrame(element.parentElement))
    return (
      [...document.querySelectorAll('main *, nav *, .banner *')]
        .filter((element) => element.getClientRects().length > 0 && !element.closest('thead'))
        // What is folded away has a place in the arrangement, and nobody sees it.
        .filter((element) => !element.closest('details:not([open]) > :not(summary)'))
        .filter((element) => element.getBoundingClientRect().right > width + 1)
        // What stands in a frame that scrolls sideways can be reached; the frame itself must fit.
        .filter((element) => !isInFrame(element.parentElement))
        .map((element) => element.outerHTML.slice(0, 100))
    )
  })
}
