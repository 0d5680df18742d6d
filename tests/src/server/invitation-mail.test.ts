import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSmtp, type Smtp } from '../../support/smtp.ts'
import { startApp, type TestApp } from '../app.ts'
import { stranger } from '../visitor.ts'

let app: TestApp
let smtp: Smtp
const members = '/w/tidewell/settings/members'

beforeAll(async () => {
  smtp = await startSmtp({ isFull: (address) => address === 'full@example.com' })
  app = await startApp({ SMTP_URL: smtp.url })
  await app.seed.tenant('tidewell', { name: 'Tidewell Car Wash' })
})
afterAll(async () => {
  await app.close()
  await smtp.close()
})

const invite = async (emails: string) =>
  (await app.ana.post(members, { deed: 'invite', emails, role: 'viewer' })).headers.get('location')

test('everybody who is invited gets a letter with a link of their own, which stands nowhere else', async () => {
  expect(await invite('bo@example.com, cy@example.com')).toBe('?done=invited')
  expect(smtp.letters.map(({ to }) => to.join()).toSorted()).toEqual(['bo@example.com', 'cy@example.com'])
  const links = smtp.letters.map(({ text }) => /http\S+\/invite\/[\w-]{43}/.exec(text)?.[0] ?? '')
  expect(new Set(links).size).toBe(2)
  for (const [index, link] of links.entries()) {
    expect(smtp.letters[index]?.text).toContain(
      'Ana Ruiz (ana@example.com) invites you to the workspace Tidewell',
    )
    expect(JSON.stringify(app.logged)).not.toContain(link.split('/').at(-1))
    const page = await (await stranger(app.url).get(new URL(link).pathname)).text()
    expect(page).toContain(`<b>${smtp.letters[index]?.to[0]}</b>`)
  }
})

test('a letter that is not taken is told, and its invitation can be made anew', async () => {
  expect(await invite('full@example.com')).toBe('?done=unmailed')
  const page = await (await app.ana.get(`${members}?done=unmailed`)).text()
  expect(page).toContain('its mail could not be handed over')
  expect(page).toContain('full@example.com')
})

test('no address is flooded from many workspaces: the sixth letter within an hour is the last', async () => {
  const from = async (slug: string) => {
    await app.seed.tenant(slug)
    const fields = { deed: 'invite', emails: 'dee@example.com', role: 'viewer' }
    const answer = await app.ana.post(`/w/${slug}/settings/members`, fields)
    return answer.headers.get('location')
  }
  const told: (string | null)[] = []
  for (let at = 0; at < 8; at++) told.push(await from(`flood-${at}`))
  expect(told).toEqual([...Array.from({ length: 6 }, () => '?done=invited'), '?done=enough', '?done=enough'])
  expect(smtp.letters.filter(({ to }) => to.includes('dee@example.com'))).toHaveLength(6)
  const page = await (await app.ana.get('/w/flood-7/settings/members?done=enough')).text()
  expect(page).toContain('was sent enough invitations within the hour')
})
