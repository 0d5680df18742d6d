import { hash } from 'node:crypto'
import { pino, type Logger } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMail } from '../../../src/identity/mail.ts'
import { startSmtp, type Smtp } from '../../support/smtp.ts'
import { startApp, type TestApp } from '../app.ts'
import { password } from '../people.ts'
import { stranger } from '../visitor.ts'
import { isIn } from './is-in.ts'

let smtp: Smtp
let app: TestApp
let tenantId: string

beforeAll(async () => {
  smtp = await startSmtp({ asksForLogin: true })
  app = await startApp({
    SMTP_URL: smtp.url,
    MAIL_FROM: 'Tidemark <sync@example.com>',
  })
  tenantId = await app.seed.tenant('tidewell')
})
afterAll(async () => {
  await app.close()
  await smtp.close()
})

const lettersTo = (email: string) => smtp.letters.filter(({ to }) => to.includes(email))

/** Asks for a link and reads it in the mail. */
async function linkFor(email: string): Promise<string> {
  const before = lettersTo(email).length
  expect((await stranger(app.url).post('/forgot', { email })).status).toBe(200)
  await expect.poll(() => lettersTo(email).length).toBe(before + 1)
  const [link = ''] = /http\S+/.exec(lettersTo(email).at(-1)?.text ?? '') ?? []
  return link.slice(app.url.length)
}

describe('a link to a new password', () => {
  test('comes by mail, works once, ends every session, and the owner hears of it', async () => {
    const owner = await app.as('rep', tenantId)
    const link = await linkFor(owner.email.toUpperCase().toLowerCase())
    expect(link).toMatch(/^\/reset\?token=[\w-]{24,}$/)
    const [letter] = lettersTo(owner.email)
    expect(letter?.from).toBe('sync@example.com')
    expect(letter?.text).toContain('Subject: Choose a new password for Tidemark')

    const visitor = stranger(app.url)
    expect((await visitor.get(link)).status).toBe(200)
    expect(await isIn(owner)).toBe(true)
    const token = link.split('=')[1] ?? ''
    const short = await visitor.post('/reset', { token, password: 'elevenchars' })
    expect([short.status, await short.text()]).toEqual([422, expect.stringContaining('12 to 128 characters')])
    const next = 'high tide at ten'
    const both = await Promise.all([1, 2].map(() => visitor.post('/reset', { token, password: next })))
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 410])
    expect(await isIn(owner)).toBe(false)
    expect((await visitor.get(link)).status).toBe(410)
    expect((await visitor.post('/sign-in', { email: owner.email, password })).status).toBe(401)
    expect((await visitor.post('/sign-in', { email: owner.email, password: next })).status).toBe(303)
    await expect.poll(() => lettersTo(owner.email).length).toBe(2)
    expect(lettersTo(owner.email)[1]?.text).toContain('Your Tidemark password was changed')
  })

  test('is over after an hour, and when another one was used', async () => {
    const { email } = await app.as('rep', tenantId)
    const [late, used, unused] = [await linkFor(email), await linkFor(email), await linkFor(email)]
    const tokenOf = (link: string) => link.split('=')[1] ?? ''
    await app.seed.client.query(
      `update auth.verifications set expires_at = now() - interval '1 second' where identifier = $1`,
      [hash('sha256', `reset-password:${tokenOf(late)}`, 'base64url')],
    )
    const visitor = stranger(app.url)
    const send = async (link: string) =>
      (await visitor.post('/reset', { token: tokenOf(link), password: 'another tide' })).status
    expect(await send(late)).toBe(410)
    expect(await send(used)).toBe(303)
    expect(await send(unused)).toBe(410)
    expect(await send('/reset?token=')).toBe(410)
  })

  test('stands in no row of the database', async () => {
    const { email } = await app.as('rep', tenantId)
    const token = (await linkFor(email)).split('=')[1] ?? ''
    const { rows } = await app.seed.client.query('select identifier, value from auth.verifications')
    expect(rows.length).toBeGreaterThan(0)
    expect(JSON.stringify(rows)).not.toContain(token)
  })

  test('is over where it never was one, whatever is in it', async () => {
    for (const token of ['%00', '%F0%9F%8C%8A', 'a'.repeat(3_000)])
      expect((await stranger(app.url).get(`/reset?token=${token}`)).status).toBe(410)
    const form = { token: '\0', password: 'another tide' }
    expect((await stranger(app.url).post('/reset', form)).status).toBe(410)
  })

  test('is written to nobody who is unknown', async () => {
    await stranger(app.url).post('/forgot', { email: 'nobody@example.com' })
    const { email } = await app.as('rep', tenantId)
    await linkFor(email)
    expect(lettersTo('nobody@example.com')).toEqual([])
  })

  test('stands in no log', async () => {
    const { email } = await app.as('rep', tenantId)
    const link = await linkFor(email)
    await stranger(app.url).get(link)
    const token = link.split('=')[1] ?? ''
    await expect.poll(() => app.logged.some(({ route }) => route === '/reset')).toBe(true)
    expect(JSON.stringify(app.logged)).not.toContain(token)
    expect(app.logged).toEqual(
      expect.arrayContaining([expect.objectContaining({ msg: 'mail.sent', to: email })]),
    )
  })
})

describe('mail', () => {
  const logTo = (lines: Record<string, unknown>[]): Logger =>
    pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) })
  const letter = { to: 'kofi@example.com', subject: 'A link', text: 'Follow it.', link: 'http://127.0.0.1/x' }

  test('without a server puts the link into the log, marked for somebody to pass on', async () => {
    const lines: Record<string, unknown>[] = []
    await startMail({ SMTP_URL: undefined, MAIL_FROM: 'a@b' }, logTo(lines)).send(letter)
    expect(lines).toEqual([
      expect.objectContaining({
        level: 40,
        to: letter.to,
        link: letter.link,
        msg: expect.stringMatching(/^mail\.not_sent: /),
      }),
    ])
  })

  test('that the server refuses is an error, in the log without the link', async () => {
    const lines: Record<string, unknown>[] = []
    const mail = startMail(
      { SMTP_URL: smtp.url.replace('of%20the%20mail', 'wrong'), MAIL_FROM: 'a@b' },
      logTo(lines),
    )
    await expect(mail.send(letter)).rejects.toThrow('Invalid username or password')
    mail.close()
    expect(lines).toEqual([expect.objectContaining({ level: 50, msg: 'mail.failed', to: letter.to })])
    expect(JSON.stringify(lines)).not.toContain(letter.link)
  })

  test('cannot be given a second reader by what stands in an address or a subject', async () => {
    const mail = startMail({ SMTP_URL: smtp.url, MAIL_FROM: 'sync@example.com' }, pino({ level: 'silent' }))
    const thief = 'thief@example.com'
    const tricks = [
      `kofi@example.com\r\nBcc: ${thief}`,
      `kofi@example.com, ${thief}`,
      `kofi@example.com;${thief}`,
    ]
    for (const to of tricks) await mail.send({ ...letter, to }).catch(() => undefined)
    await mail.send({ ...letter, subject: `A link\r\nBcc: ${thief}` })
    mail.close()
    expect(smtp.letters.flatMap(({ to }) => to)).not.toContain('thief@example.com')
  })
})
