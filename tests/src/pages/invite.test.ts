import { randomUUID } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { idOf } from '../keys.ts'
import { password, seedPerson } from '../people.ts'
import { seedTidewell } from '../seed.ts'
import { stranger, visit as signIn } from '../visitor.ts'
import { follow, visit } from './browser.ts'
import { enter, expectSound, looks } from './looks.ts'

let app: TestApp
let browser: Browser
let tenantId: string
const members = '/w/tidewell/settings/members'

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  tenantId = (await seedTidewell(app.seed)).tenantId
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

/** The link that would have been mailed to this address, as the log has it. */
function linkFor(email: string): string {
  const line = app.logged.findLast((one) => one['to'] === email)
  expect(line).toMatchObject({ msg: expect.stringMatching(/^mail\.not_sent/) as string })
  return String(line?.['link'])
}
async function invite(email: string, role = 'analyst'): Promise<string> {
  const answer = await app.ana.post(members, { deed: 'invite', emails: email, role })
  expect(answer.headers.get('location')).toBe('?done=logged')
  return new URL(linkFor(email)).pathname
}
const roleOf = async (email: string) =>
  (
    await app.seed.client.query<{ role: string }>(
      'select role from memberships where tenant_id = $1 and user_id = $2 and ended_at is null',
      [tenantId, (await idOf(app.seed, email)) || null],
    )
  ).rows[0]?.role
const newcomer = { deed: 'new', name: 'New Comer', password: 'a tide that nobody guessed' }

test('somebody is invited, follows the link, says who they are, and sees the workspace', async () => {
  const admin = await visit(browser, app.url + members, { as: app.ana })
  await admin.page.getByLabel('Email addresses').fill('Priya@Example.com')
  await admin.page.getByLabel('Role', { exact: true }).selectOption('analyst')
  await admin.page.getByRole('button', { name: 'Invite' }).click()
  expect(await admin.page.getByRole('table', { name: 'Invitations' }).innerText()).toContain(
    'priya@example.com',
  )

  const guest = await visit(browser, linkFor('priya@example.com'), { javaScriptEnabled: false })
  const { page } = guest
  expect(await page.locator('h1').innerText()).toBe('Join Tidewell Car Wash')
  expect(await page.locator('.notice').innerText()).toBe(
    'Ana Ruiz invites priya@example.com to Tidewell Car Wash, as analyst.',
  )
  await page.getByLabel('Your name').fill('Priya Raghunathan')
  await page.getByLabel('New password').fill('a tide that nobody guessed')
  await follow(page, () => page.getByRole('button', { name: 'Join' }).click())
  expect(new URL(page.url()).pathname).toMatch(/^\/w\/tidewell\//)
  expect(await page.locator('nav.side').innerText()).toContain('Priya Raghunathan')
  await page.goto(`${app.url}/w/tidewell/overview`)
  expect(await page.locator('h1').innerText()).toBe('Overview')
  await guest.close()

  await admin.page.goto(app.url + members)
  const row = await admin.page.getByRole('row', { name: 'Priya Raghunathan' }).innerText()
  expect(row).toMatch(/analyst\s+Off\s+just now/)
  await admin.close()
  const { password: chosen } = newcomer
  const again = await stranger(app.url).post('/sign-in', { email: 'priya@example.com', password: chosen })
  expect(again.status).toBe(303)
})

describe.each(looks)('$colorScheme at $viewport.width px', (look) => {
  const tag = look.colorScheme

  test('the page is sound for somebody new, also when they choose a short password', async () => {
    const link = await invite(`short-${tag}@example.com`)
    const here = await visit(browser, app.url + link, look)
    await expectSound(here)
    const { page } = here
    await page
      .locator('form[method=post]')
      .first()
      .evaluate((form: HTMLFormElement) => (form.noValidate = true))
    await page.getByLabel('Your name').fill('Short')
    await page.getByLabel('New password').fill('short')
    await follow(page, () => page.getByRole('button', { name: 'Join' }).click())
    expect(await page.getByRole('alert').innerText()).toBe('You have not joined yet.')
    expect(await page.locator('.wrong').innerText()).toBe('At least 12 characters.')
    expect(await page.getByLabel('Your name').inputValue()).toBe('Short')
    expect(await page.content()).not.toContain('value="short"')
    await expectSound(here)
    await here.close()
  })

  test('the page is sound for somebody who is known, signed in or not, and for somebody else', async () => {
    const email = await seedPerson(app.seed, 'viewer', [])
    const link = app.url + (await invite(email))
    const known = await visit(browser, link, look)
    expect(await known.page.getByRole('link', { name: `Sign in as ${email}` }).isVisible()).toBe(true)
    await expectSound(known)
    await known.close()
    const other = await visit(browser, link, { ...look, as: app.ana })
    expect(await other.page.locator('main').innerText()).toContain(`You are signed in as ${app.ana.email}`)
    await expectSound(other)
    await other.close()
    const own = await visit(browser, link, { ...look, as: await signIn(app.url, email) })
    await expectSound(own)
    await follow(own.page, () => own.page.getByRole('button', { name: 'Join' }).click())
    expect(new URL(own.page.url()).pathname).toMatch(/^\/w\/tidewell\//)
    await own.close()
    const used = await visit(browser, link, look)
    expect(await used.page.locator('.notice').innerText()).toContain('was accepted already')
    await expectSound(used)
    await used.close()
  })
})

test('somebody who is known signs in on the way, and joins', async () => {
  const email = await seedPerson(app.seed, 'viewer', [])
  const link = await invite(email, 'rep')
  const { page, close } = await visit(browser, app.url + link, { javaScriptEnabled: false })
  await follow(page, () => page.getByRole('link', { name: `Sign in as ${email}` }).click())
  await page.locator('input[name=email]').fill(email)
  await page.locator('input[name=password]').fill(password)
  await enter(page)
  expect(new URL(page.url()).pathname).toBe(link)
  await follow(page, () => page.getByRole('button', { name: 'Join' }).click())
  expect(new URL(page.url()).pathname).toMatch(/^\/w\/tidewell\//)
  expect(await roleOf(email)).toBe('rep')
  await close()
})

describe('a link that opens nothing', () => {
  test('says why, under one status', async () => {
    const unknown = `/invite/${'A'.repeat(43)}`
    const withdrawn = await invite('withdrawn@example.com')
    const { rows } = await app.seed.client.query<{ id: string }>(
      `select id from invitations where email = 'withdrawn@example.com'`,
    )
    await app.ana.post(members, { deed: 'withdraw', invitation: rows[0]?.id ?? '' })
    const replaced = await invite('twice@example.com')
    await invite('twice@example.com')
    const expired = await invite('expired@example.com')
    await app.seed.client.query(
      `update invitations set expires_at = now() where email = 'expired@example.com'`,
    )
    const used = await invite('used@example.com')
    expect((await stranger(app.url).post(used, newcomer)).headers.get('location')).toBe('/w/tidewell')
    for (const [link, words] of [
      [unknown, 'There is no such invitation.'],
      [withdrawn, 'was withdrawn. Ask Ana Ruiz for a new one.'],
      [replaced, 'was withdrawn. Ask Ana Ruiz for a new one.'],
      [expired, 'has expired. Ask Ana Ruiz for a new one.'],
      [used, 'was accepted already.'],
    ] as const) {
      for (const answer of [
        await stranger(app.url).get(link),
        await stranger(app.url).post(link, newcomer),
        await app.ana.post(link, { deed: 'join' }),
      ]) {
        expect(answer.status, words).toBe(404)
        expect(await answer.text()).toContain(words)
      }
    }
    for (const email of ['withdrawn@example.com', 'twice@example.com', 'expired@example.com'])
      expect(await idOf(app.seed, email), email).toBe('')
  })
})

describe('an invitation', () => {
  test('gives the role of its row, whatever the form says', async () => {
    const link = await invite('climber@example.com', 'viewer')
    const other = await app.seed.tenant('other')
    await stranger(app.url).post(link, {
      ...newcomer,
      role: 'admin',
      tenant: other,
      email: 'other@example.com',
      workspace: 'other',
    })
    expect(await roleOf('climber@example.com')).toBe('viewer')
    expect(await idOf(app.seed, 'other@example.com')).toBe('')
  })

  test('is for one address: nobody else joins with it, signed in or as somebody new', async () => {
    const email = await seedPerson(app.seed, 'viewer', [])
    const eve = await seedPerson(app.seed, 'viewer', [])
    const link = await invite(email, 'admin')
    const asEve = await signIn(app.url, eve)
    const forms: Record<string, string>[] = [{ deed: 'join' }, newcomer, { deed: 'join', email }]
    for (const fields of forms) {
      const answer = await asEve.post(link, fields)
      expect(answer.status).toBe(403)
      expect(await answer.text()).toContain(`You are signed in as ${eve}`)
    }
    const nobody = stranger(app.url)
    expect((await nobody.post(link, { deed: 'join' })).status).toBe(403)
    // The address is taken: whoever has the link cannot give it a password of theirs.
    const taken = await nobody.post(link, newcomer)
    expect(taken.status).toBe(409)
    expect(await taken.text()).toContain('is known here. Sign in, then join.')
    expect(nobody.cookies.size).toBe(0)
    expect(await roleOf(eve)).toBeUndefined()
    expect(await roleOf(email)).toBeUndefined()
    expect((await asEve.get('/w/tidewell/overview')).status).toBe(404)
    expect((await (await signIn(app.url, email)).post(link, { deed: 'join' })).status).toBe(303)
  })

  test('that is accepted ten times at once makes one person and one member', async () => {
    const link = await invite('crowd@example.com')
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => stranger(app.url).post(link, newcomer)),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 303)).toHaveLength(1)
    expect(statuses.filter((status) => status >= 500)).toEqual([])
    const { rows } = await app.seed.client.query(
      `select (select count(*)::int from auth.users where email = 'crowd@example.com') as people,
        (select count(*)::int from audit_log where deed = 'member_joined' and target = 'crowd@example.com') as joined`,
    )
    expect(rows).toEqual([{ people: 1, joined: 1 }])
  })

  test('from another site is not accepted', async () => {
    const link = await invite('forged@example.com')
    const answer = await stranger(app.url).post(link, newcomer, { origin: 'https://evil.test' })
    expect(answer.status).toBe(403)
    expect(await idOf(app.seed, 'forged@example.com')).toBe('')
  })

  test.each([
    [{ name: '  ' }, 'Say what you are called.'],
    [{ name: 'x'.repeat(101) }, 'At most 100 characters.'],
    [{ name: 'a\u0000b' }, 'No control characters.'],
    [{ password: 'eleven char' }, 'At least 12 characters.'],
    [{ password: 'x'.repeat(129) }, 'At most 128 characters.'],
  ])('is not accepted with %j', async (fields, words) => {
    const email = `picky-${randomUUID().slice(0, 8)}@example.com`
    const link = await invite(email)
    const answer = await stranger(app.url).post(link, { ...newcomer, ...fields })
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain(words)
    expect(await idOf(app.seed, email)).toBe('')
  })

  test('leaves its link in no log but the one that stands for the mail', async () => {
    const link = await invite('quiet@example.com')
    await stranger(app.url).get(link)
    await stranger(app.url).post(link, newcomer)
    // Not quite right: no route answers these, or nobody at all.
    for (const path of [`${link}/`, `/${link}`, link.replace('invite', 'Invite'), `${link}/more`])
      await stranger(app.url).get(path)
    const token = link.split('/').at(-1) ?? ''
    const lines = app.logged.filter((line) => JSON.stringify(line).includes(token))
    expect(lines.map(({ msg }) => msg)).toEqual([expect.stringMatching(/^mail\.not_sent/)])
  })
})
