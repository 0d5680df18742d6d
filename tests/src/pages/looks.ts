import { expect } from 'vitest'
import type { Page } from 'playwright-core'
import { brokenWords } from '../../support/broken-words.ts'
import { overflowing, violations, type Visit } from './browser.ts'

/** How pages are looked at: by day at a desk, by night on a phone. */
export const looks = [
  { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const

/** What is asked of every page in every state: axe, the policy and the width of the window have nothing to complain about, and no word is broken. */
export async function expectSound({ page, complaints }: Pick<Visit, 'page' | 'complaints'>): Promise<void> {
  expect(await violations(page), page.url()).toEqual([])
  expect(await overflowing(page), page.url()).toEqual([])
  expect(await brokenWords(page), page.url()).toEqual([])
  expect(await page.locator('h1').count()).toBe(1)
  // A browser says in its console that an answer was a refusal.
  expect(complaints.filter((line) => !/status of 4\d\d/.test(line))).toEqual([])
}

/** Goes on with the keyboard until the focus is on what has this name, at most a hundred steps. */
export async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let step = 0; step < 100; step++) {
    await page.keyboard.press('Tab')
    if (name.test(await focused(page))) return
  }
  throw new Error(`the keyboard does not reach ${name.source}`)
}

/** Presses what has the focus, or sends the form it is in, and waits for the page that follows. */
export async function enter(page: Page): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
}

/** How what has the focus is called: by a name of its own, its label, or the words in it. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    const labels = element !== null && 'labels' in element ? (element as HTMLInputElement).labels : null
    const name = element?.getAttribute('aria-label') ?? labels?.[0]?.textContent ?? element?.textContent ?? ''
    return name.replace(/\s+/g, ' ').trim()
  })
}
