import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { minutesAhead, seedDesk, type Desk } from '../due-desk.ts'
import { type Visit, follow, overflowing, violations, visit } from './browser.ts'
import { enter, tabTo } from './looks.ts'

let app: TestApp
let browser: Browser
let desk: Desk
let nth = 0

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
})

/** Every test has a client of its own, with two late steps. */
beforeEach(async () => {
  desk = await seedDesk(app, { slug: `desk-${(nth += 1)}`, isBusy: false })
  const day = 1_440
  await desk.opportunity(
    'Priya',
    { amount_minor: 100 },
    { due_at: minutesAhead(-6 * day), details: 'Call Priya' },
  )
  await desk.opportunity(
    'Marcus',
    { amount_minor: 100 },
    { due_at: minutesAhead(-4 * day), details: 'Write Marcus' },
  )
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

type Step = {
  number: number
  how: string
  details: string | null
  outcome: string | null
  reason: string | null
}

async function stepsOf(title: string): Promise<Step[]> {
  const { rows } = await app.seed.client.query<Step>(
    'select number, how, details, outcome, reason from next_actions where opportunity_id = $1 order by number',
    [desk.ids.get(title)],
  )
  return rows
}

const list = () => `${app.url}/w/${desk.slug}/due`
const open = (options = {}, address = list()): Promise<Visit> =>
  visit(browser, address, { as: desk.kofi, ...options })
const dialog = (page: Page) => page.getByRole('dialog')
const titles = (page: Page) => page.locator('.due .what b').allInnerTexts()

/** What can be done with the row about `of`. */
const deed = (page: Page, name: string, of: string) =>
  page.locator('.due li').filter({ hasText: of }).getByRole('link', { name, exact: true })

async function openForm(page: Page): Promise<void> {
  await deed(page, 'Complete', 'Call Priya').click()
  await page.getByLabel('Next action', { exact: true }).waitFor()
}

/** Says what comes next, and when: the first of the quick choices. */
async function fillForm(page: Page): Promise<void> {
  await openForm(page)
  await page.getByLabel('Next action', { exact: true }).fill('Book the validation call')
  await page
    .getByText(/^(Tomorrow|Next Monday|In 3 days)/)
    .first()
    .click()
}

/** Somebody else is faster. */
async function completeByAna(title: string): Promise<void> {
  const answer = await app.ana.post(`/w/${desk.slug}/due/${desk.ids.get(title)}/complete`, {
    ending: 'step',
    details: 'Send the redline',
    day: 'pick',
    date: '2035-11-24',
    time: '09:00',
    version: '1',
  })
  expect(answer.status).toBe(303)
}

describe('completing an action in the dialog', () => {
  test('with a next step: the list changes in place, a message says so, and the focus is on the next row', async () => {
    await desk.task({
      opportunity_id: desk.ids.get('Marcus'),
      subject: 'Send the redline',
      due_at: minutesAhead(9_000),
    })
    const { page, complaints, close } = await open()
    await openForm(page)
    expect(await violations(page)).toEqual([])
    await page.getByLabel('Next action', { exact: true }).fill('Book the validation call')
    await page.getByText('Pick a date').click()
    await page.getByLabel('Date', { exact: true }).fill('2035-01-15')
    await page.getByLabel('Kind').selectOption('Call')
    await page.getByRole('button', { name: 'Complete and set next' }).click()
    await page.getByText('Done. Next: Book the validation call, Mon, Jan 15, 2035, 9:00 AM.').waitFor()
    await expect.poll(() => titles(page)).toEqual(['Write Marcus', 'Book the validation call'])
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.closest('li')?.textContent))
      .toContain('Write Marcus')
    expect(await page.evaluate(() => document.activeElement?.textContent?.trim())).toBe('Complete')
    expect(await page.locator('.side .count').textContent()).toBe('1 to do now')
    expect(page.url()).toBe(list())
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Undo' }).hover()
    expect(await violations(page)).toEqual([])
    expect((await stepsOf('Priya')).map(({ how, details }) => [how, details])).toEqual([
      ['planned', 'Call Priya'],
      ['completed', 'Book the validation call'],
    ])
    expect(complaints).toEqual([])
    await close()
  })

  test('can be taken back by Z, and the row is there again', async () => {
    const { page, complaints, close } = await open()
    await fillForm(page)
    await page.getByRole('button', { name: 'Complete and set next' }).click()
    await page.getByText(/^Done\. Next:/).waitFor()
    await page.locator('h1').click()
    await page.keyboard.press('z')
    await page.getByText(/^Taken back\. Planned again: Call Priya/).waitFor()
    await expect.poll(() => titles(page)).toEqual(['Call Priya', 'Write Marcus'])
    expect((await stepsOf('Priya')).map(({ how }) => how)).toEqual(['planned', 'completed', 'undone'])
    expect(complaints).toEqual([])
    await close()
  })

  test('with an outcome: nothing more is planned, and why is kept', async () => {
    const { page, close } = await open()
    await openForm(page)
    await page.getByText('Lost', { exact: true }).click()
    expect(await page.getByLabel('Next action', { exact: true }).isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Save the outcome' }).click()
    await page.getByText('Say why').waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByLabel('Why').fill('Chose another brand')
    await page.getByRole('button', { name: 'Save the outcome' }).click()
    await page.getByText('Done. Priya is marked as lost.').waitFor()
    await expect.poll(() => titles(page)).toEqual(['Write Marcus'])
    expect((await stepsOf('Priya')).at(-1)).toMatchObject({ outcome: 'lost', reason: 'Chose another brand' })
    await close()
  })

  test('says beside each field what is missing, and what the server finds wrong', async () => {
    const { page, close } = await open()
    await openForm(page)
    await page.getByRole('button', { name: 'Complete and set next' }).click()
    expect(await dialog(page).locator('.wrong').allInnerTexts()).toEqual([
      'Enter the next action',
      'Choose when the next action is due',
    ])
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('step-details')
    await page.getByLabel('Next action', { exact: true }).fill('ok')
    await page.getByText('Pick a date').click()
    await page.getByLabel('Date', { exact: true }).fill('2020-01-15')
    await page.getByRole('button', { name: 'Complete and set next' }).click()
    await page
      .getByText(/Choose a time that is still ahead; it is .* (CST|CDT) now/)
      .first()
      .waitFor()
    expect(await page.getByLabel('Next action', { exact: true }).inputValue()).toBe('ok')
    expect(await page.getByLabel('Next action', { exact: true }).getAttribute('aria-invalid')).toBe('true')
    expect(await violations(page)).toEqual([])
    await close()
  })

  test('somebody else was faster: says who and what, loses nothing, and lets one choose', async () => {
    const { page, close } = await open()
    await openForm(page)
    await page.getByLabel('Next action', { exact: true }).fill('Mine')
    await page.getByText('Pick a date').click()
    await page.getByLabel('Date', { exact: true }).fill('2035-01-15')
    await page.getByLabel('Next action', { exact: true }).fill('My own next step')
    await completeByAna('Priya')
    await page.getByRole('button', { name: 'Complete and set next' }).click()
    await page
      .getByText(/^Ana Ruiz was faster at .* and set: Send the redline, Sat, Nov 24, 2035, 9:00 AM/)
      .waitFor()
    expect(await page.getByLabel('Next action', { exact: true }).inputValue()).toBe('My own next step')
    expect(await violations(page)).toEqual([])
    expect(await overflowing(page)).toEqual([])
    await page.getByRole('button', { name: 'Use mine instead' }).click()
    await page.getByText(/^Done\. Next: My own next step/).waitFor()
    expect((await stepsOf('Priya')).map(({ details }) => details)).toEqual([
      'Call Priya',
      'Send the redline',
      'My own next step',
    ])
    await close()
  })

  test('somebody else was faster: their step can be kept', async () => {
    const { page, close } = await open()
    await openForm(page)
    await page.getByText('Won', { exact: true }).click()
    await completeByAna('Priya')
    await page.getByRole('button', { name: 'Save the outcome' }).click()
    await page.getByText('Keep what Ana Ruiz did').click()
    await expect.poll(() => titles(page)).toEqual(['Write Marcus', 'Send the redline'])
    expect(await stepsOf('Priya')).toHaveLength(2)
    await close()
  })

  test('the opportunity is gone meanwhile: says so, and leads back to the list without it', async () => {
    const { page, close } = await open()
    await fillForm(page)
    await app.seed.client.query(
      `update opportunities set deleted_at = now(), deleted_because = 'absent' where id = $1`,
      [desk.ids.get('Priya')],
    )
    await page.getByRole('button', { name: 'Complete and set next' }).click()
    await page.getByText(/has closed this opportunity, so nothing can be planned/).waitFor()
    await dialog(page).getByRole('button', { name: 'Close' }).click()
    await expect.poll(() => titles(page)).toEqual(['Write Marcus'])
    await close()
  })

  test('offline: what was typed is kept, in the dialog and after the page is loaded again, and can be sent', async () => {
    const { page, close } = await open()
    await openForm(page)
    await page.getByLabel('Next action', { exact: true }).fill('Book the validation call')
    await page.getByText('Pick a date').click()
    await page.getByLabel('Date', { exact: true }).fill('2035-01-15')
    await page.context().setOffline(true)
    await page.getByRole('button', { name: 'Complete and set next' }).click()
    await page.getByText('Not saved: the connection dropped. What you typed is kept here.').waitFor()
    expect(await page.getByLabel('Next action', { exact: true }).inputValue()).toBe(
      'Book the validation call',
    )
    expect(await violations(page)).toEqual([])
    await page.context().setOffline(false)
    await page.reload()
    await openForm(page)
    expect(await page.getByLabel('Next action', { exact: true }).inputValue()).toBe(
      'Book the validation call',
    )
    expect(await page.getByLabel('Date', { exact: true }).inputValue()).toBe('2035-01-15')
    await page.context().setOffline(true)
    await page.getByRole('button', { name: 'Complete and set next' }).click()
    await page.getByRole('button', { name: 'Try again' }).waitFor()
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText(/^Done\. Next: Book the validation call/).waitFor()
    expect(await stepsOf('Priya')).toHaveLength(2)
    await close()
  })

  test('a server that fails is named in the agreed words, and what was typed is kept and can be sent again', async () => {
    const { page, close } = await open()
    await fillForm(page)
    await app.seed.client.query('revoke insert on next_actions from tidemark_web')
    await page.getByRole('button', { name: 'Complete and set next' }).click()
    await page
      .getByText('Not saved: Server error occurred (500). What you typed is kept here.', { exact: true })
      .waitFor()
    expect(await violations(page)).toEqual([])
    await app.seed.client.query('grant insert on next_actions to tidemark_web')
    await page.getByRole('button', { name: 'Try again' }).click()
    const undo = page.getByRole('status').getByRole('button', { name: /^Undo/ })
    await undo.waitFor()
    await app.seed.client.query('revoke insert on next_actions from tidemark_web')
    await undo.click()
    await page.getByText('Not saved: Server error occurred (500). Try again.', { exact: true }).waitFor()
    await app.seed.client.query('grant insert on next_actions to tidemark_web')
    expect(await stepsOf('Priya')).toHaveLength(2)
    await close()
  })

  test('what was typed about one action is not put into the form of the next', async () => {
    const { page, close } = await open()
    await openForm(page)
    await page.getByText('Lost', { exact: true }).click()
    await page.getByLabel('Why').fill('Chose another brand')
    await page.keyboard.press('Escape')
    await deed(page, 'Complete', 'Call Priya').click()
    await page.getByLabel('Why').waitFor()
    expect(await page.getByLabel('Why').inputValue()).toBe('Chose another brand')
    await page.keyboard.press('Escape')
    await completeByAna('Priya')
    await page.reload()
    await deed(page, 'Complete', 'Send the redline').click()
    await page.getByLabel('Next action', { exact: true }).waitFor({ state: 'attached' })
    expect(await page.getByRole('radio', { name: 'A next step' }).isChecked()).toBe(true)
    expect(await page.locator('#step-reason').inputValue()).toBe('')
    await close()
  })

  test('what somebody typed is not shown to whoever signs in after them in the same tab', async () => {
    const { page, close } = await open()
    await openForm(page)
    await page.getByLabel('Next action', { exact: true }).fill('Between Kofi and Priya')
    await page.keyboard.press('Escape')
    await page.context().clearCookies()
    const cookies = [...app.ana.cookies].map(([name, value]) => ({ name, value, url: app.url }))
    await page.context().addCookies(cookies)
    await page.reload()
    await openForm(page)
    expect(await page.getByLabel('Next action', { exact: true }).inputValue()).toBe('')
    await close()
  })

  test('cannot be sent twice while it is on its way', async () => {
    const { page, close } = await open()
    let posts = 0
    const { promise, resolve: arrive } = Promise.withResolvers<void>()
    await page.route('**/complete?part=', async (route) => {
      if (route.request().method() === 'POST') {
        posts += 1
        await promise
      }
      await route.continue()
    })
    await fillForm(page)
    await page.getByRole('button', { name: 'Complete and set next' }).click()
    const sending = page.getByRole('button', { name: 'Saving…' })
    await sending.waitFor()
    expect(await sending.isDisabled()).toBe(true)
    expect(await page.locator('step-form').getAttribute('aria-busy')).toBe('true')
    await sending.click({ force: true })
    await page.keyboard.press('Control+Enter')
    arrive()
    await page.getByText(/^Done\. Next: Book the validation call/).waitFor()
    expect(posts).toBe(1)
    expect(await stepsOf('Priya')).toHaveLength(2)
    await close()
  })

  test('an answer that never arrived is no reason to do it twice', async () => {
    const fields = {
      ending: 'step',
      details: 'Book  it',
      day: 'pick',
      date: '2035-11-24',
      time: '09:00',
      version: '1',
    }
    const path = `/w/${desk.slug}/due/${desk.ids.get('Priya')}/complete`
    const first = await desk.kofi.post(path, fields)
    const second = await desk.kofi.post(path, fields)
    expect([first.status, second.status]).toEqual([303, 303])
    expect(second.headers.get('location')).toBe(first.headers.get('location'))
    expect(await stepsOf('Priya')).toHaveLength(2)
  })

  test('two who decide alike: the second hears of the first, and no reason is dropped', async () => {
    const path = `/w/${desk.slug}/due/${desk.ids.get('Priya')}/complete`
    const lost = (reason: string) => ({ ending: 'lost', reason, version: '1' })
    const first = await desk.kofi.post(path, lost('Too dear'))
    const others = await app.ana.post(path, lost('Too dear'))
    const again = await desk.kofi.post(path, lost('Too far away'))
    expect([first.status, others.status, again.status]).toEqual([303, 409, 409])
    expect(await others.text()).toContain('Kofi Tandoh was faster')
    expect(await again.text()).toContain('Too far away')
  })

  test('a connection that breaks is tried again by itself, and what had arrived is not done twice', async () => {
    const { page, close } = await open()
    const asked = { GET: 0, POST: 0 }
    await page.route('**/complete?part=', async (route) => {
      const method = route.request().method() === 'POST' ? 'POST' : 'GET'
      asked[method] += 1
      if (asked[method] > 1) return route.continue()
      if (method === 'POST') await route.fetch({ maxRedirects: 0 })
      return route.abort('connectionreset')
    })
    await openForm(page)
    await page.getByText('Won', { exact: true }).click()
    await page.getByRole('button', { name: 'Save the outcome' }).click()
    await page.getByText('Done. Priya is marked as won.').waitFor()
    expect(asked).toEqual({ GET: 2, POST: 2 })
    expect(await stepsOf('Priya')).toHaveLength(2)
    await close()
  })

  test('by keyboard alone: the row, the form, the day, sent, and taken back', async () => {
    const { page, complaints, close } = await open()
    for (const key of ['j', 'j', 'k', 'Enter']) await page.keyboard.press(key)
    await page.getByLabel('Next action', { exact: true }).waitFor()
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('step-details')
    await page.keyboard.type('Book the validation call')
    await page.keyboard.press('Tab')
    await page.keyboard.press('2')
    await page.keyboard.press('Control+Enter')
    await page.getByText(/^Done\. Next: Book the validation call/).waitFor()
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.closest('li')?.textContent))
      .toContain('Write Marcus')
    await page.keyboard.press('c')
    await page.getByLabel('Next action', { exact: true }).waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => dialog(page).count()).toBe(0)
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.closest('li')?.textContent))
      .toContain('Write Marcus')
    await page.keyboard.press('z')
    await page.getByText(/^Taken back/).waitFor()
    expect(complaints).toEqual([])
    await close()
  })

  test('arrows go from row to row, O opens one, and M moves its date', async () => {
    const { page, complaints, close } = await open()
    const row = () => page.evaluate(() => document.activeElement?.closest('li')?.textContent ?? '')
    await page.keyboard.press('ArrowDown')
    expect(await row()).toBe('')
    await page.keyboard.press('j')
    await page.keyboard.press('ArrowDown')
    expect(await row()).toContain('Write Marcus')
    await page.keyboard.press('ArrowUp')
    expect(await row()).toContain('Call Priya')
    await page.keyboard.press('o')
    await page.getByLabel('Next action', { exact: true }).waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => dialog(page).count()).toBe(0)
    await page.keyboard.press('m')
    await page.getByRole('heading', { name: 'Move the date' }).waitFor()
    expect(await dialog(page).innerText()).toContain('Call Priya')
    await page.keyboard.press('Escape')
    await expect.poll(() => dialog(page).count()).toBe(0)
    expect(page.url()).toBe(list())
    expect(complaints).toEqual([])
    await close()
  })

  test('fits a phone, in the dark, with everything in reach', async () => {
    const look = { colorScheme: 'dark', viewport: { width: 320, height: 640 } }
    const { page, close } = await open(look)
    await openForm(page)
    expect(await violations(page)).toEqual([])
    const out = await page.evaluate(() =>
      [...document.querySelectorAll('dialog *')]
        .filter((element) => element.getClientRects().length > 0)
        .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .map((element) => element.outerHTML.slice(0, 80)),
    )
    expect(out).toEqual([])
    await page.getByText('Won', { exact: true }).click()
    await page.keyboard.press('Control+Enter')
    const undo = page.getByRole('button', { name: 'Undo' })
    await undo.waitFor()
    // One line of it, as high as a finger needs.
    expect((await undo.boundingBox())?.height).toBeLessThanOrEqual(44)
    await close()
  })
})

describe('a run that ends while somebody types', () => {
  test('changes the list behind the dialog and nothing in it', async () => {
    const visited = await open({}, `${app.url}/w/${desk.slug}/hot-list`)
    const { page } = visited
    const listening = page.waitForResponse((answer) => answer.url().endsWith('/events'))
    await page.goto(list())
    await listening
    await openForm(page)
    await page.getByLabel('Next action', { exact: true }).fill('Half a sent')
    await desk.opportunity('Wren', {}, { due_at: minutesAhead(-1_440), details: 'Text Wren' })
    const { tenantId: tenant, connection } = desk
    await app.seed.client.query(`select pg_notify('tidemark_runs', $1)`, [
      JSON.stringify({ tenant, connection: connection.id, run: connection.id }),
    ])
    await expect.poll(() => titles(page)).toContain('Text Wren')
    expect(await page.getByLabel('Next action', { exact: true }).inputValue()).toBe('Half a sent')
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('step-details')
    await visited.close()
  })
})

describe('without scripts', () => {
  const plain = { javaScriptEnabled: false }

  test('an action is completed on a page of its own, with what is wrong said there and the way back at the end', async () => {
    const { page, close } = await open(plain)
    await deed(page, 'Complete', 'Call Priya').click()
    await page.getByRole('button', { name: 'Complete and set next' }).click()
    expect(await page.locator('.problem').innerText()).toContain('Enter the next action')
    expect(await page.title()).toMatch(/^Error: Complete and set the next action/)
    await page.getByLabel('Next action', { exact: true }).fill('Book the validation call')
    await page.getByText('Pick a date').click()
    await page.getByLabel('Date', { exact: true }).fill('2035-01-15')
    await page.getByRole('button', { name: 'Complete and set next' }).click()
    expect(await page.locator('[data-done]').innerText()).toContain('Done. Next: Book the validation call')
    await page.getByRole('button', { name: 'Undo' }).click()
    expect(await page.locator('[data-done]').innerText()).toContain('Taken back. Planned again: Call Priya')
    expect(await titles(page)).toEqual(['Call Priya', 'Write Marcus'])
    await close()
  })

  test('goes back to the list as it was filtered', async () => {
    const { page, close } = await open(plain, `${list()}?day=overdue&q=Call`)
    await deed(page, 'Complete', 'Call Priya').click()
    await page.getByText('Disqualified').click()
    await page.getByLabel('Why').fill('Too small')
    await follow(page, () => page.getByRole('button', { name: 'Save the outcome' }).click())
    expect(new URL(page.url()).searchParams.get('q')).toBe('Call')
    expect(await page.locator('[data-done]').innerText()).toContain('Priya is marked as disqualified.')
    await close()
  })

  test('a conflict says who was faster, and offers both ways', async () => {
    const { page, close } = await open(plain)
    await deed(page, 'Complete', 'Call Priya').click()
    await completeByAna('Priya')
    await page.getByText('Won', { exact: true }).click()
    await page.getByRole('button', { name: 'Save the outcome' }).click()
    expect(await page.locator('.conflict').innerText()).toContain('Ana Ruiz was faster')
    await page.getByRole('button', { name: 'Use mine instead' }).click()
    expect(await page.locator('[data-done]').innerText()).toContain('Priya is marked as won.')
    await close()
  })

  test('an action is put off, which is counted', async () => {
    const { page, close } = await open(plain)
    await deed(page, 'Move', 'Write Marcus').click()
    await page.getByRole('button', { name: 'Move', exact: true }).click()
    expect(await page.locator('.problem').innerText()).toContain('Choose when the next action is due')
    await page.getByText('Pick a date').click()
    await page.getByLabel('Date', { exact: true }).fill('2035-01-15')
    await page.getByRole('button', { name: 'Move', exact: true }).click()
    expect(await page.locator('[data-done]').innerText()).toContain('Moved: Write Marcus, Mon, Jan 15, 2035')
    const { rows } = await app.seed.client.query(
      'select moves from next_actions where opportunity_id = $1 and number = 2',
      [desk.ids.get('Marcus')],
    )
    expect(rows).toEqual([{ moves: 1 }])
    await close()
  })

  test("the CRM's differing step is taken over by one press", async () => {
    await desk.task({
      opportunity_id: desk.ids.get('Priya'),
      subject: 'Send the redline',
      due_at: minutesAhead(1_440),
    })
    const { page, close } = await open(plain)
    await page.getByRole('button', { name: /^Use this/ }).click()
    expect(await page.locator('[data-done]').innerText()).toContain('Taken over: Send the redline')
    expect((await stepsOf('Priya')).map(({ how }) => how)).toEqual(['planned', 'suggested'])
    await close()
  })

  test('the keyboard alone reaches the form and sends it', async () => {
    const { page, close } = await open(plain)
    await tabTo(page, /^Complete$/)
    await enter(page)
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('step-details')
    await page.keyboard.type('Book the validation call')
    await tabTo(page, /^(Tomorrow|Next Monday|In 3 days)/)
    await page.keyboard.press('Space')
    await enter(page)
    expect(await page.locator('[data-done]').innerText()).toContain('Done. Next: Book the validation call')
    await close()
  })
})

describe('what is told of it', () => {
  test('is logged as a completed action, with tenant, opportunity and kind', async () => {
    await desk.kofi.post(`/w/${desk.slug}/due/${desk.ids.get('Priya')}/complete`, {
      ending: 'won',
      version: '1',
    })
    expect(app.logged).toContainEqual(
      expect.objectContaining({
        msg: 'Action completed',
        tenant_id: desk.tenantId,
        opportunity_id: desk.ids.get('Priya'),
        action_type: 'won',
      }),
    )
  })

  test('is never taken from the address: a foreign opportunity, or words, say nothing', async () => {
    const other = await seedDesk(app, { slug: `other-${nth}`, isBusy: false })
    const id = await other.opportunity('Secret', {}, { due_at: minutesAhead(-5), details: 'Of others' })
    for (const done of [`${id}.1`, `${desk.ids.get('Priya')}.9`, '<b>Hello</b>', 'toString'])
      expect(
        await (await desk.kofi.get(`/w/${desk.slug}/due?done=${encodeURIComponent(done)}`)).text(),
      ).not.toContain('data-done')
  })

  test('leads back to the list and nowhere else', async () => {
    const path = `/w/${desk.slug}/due/${desk.ids.get('Priya')}/complete`
    const answer = await desk.kofi.post(path, { ending: 'won', version: '1', back: '//evil.example/?x=1' })
    expect(answer.headers.get('location')).toMatch(new RegExp(`^/w/${desk.slug}/due\\?done=`))
  })
})
