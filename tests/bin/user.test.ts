import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Web } from '../../src/server/main.ts'
import type { Database } from '../../drizzle/db.ts'
import { serve } from '../src/app.ts'
import { connectAsWeb } from '../src/place.ts'
import { startSmtp } from '../support/smtp.ts'
import { enrol } from '../src/identity/authenticator.ts'
import { stranger, type Visitor } from '../src/visitor.ts'
import { emptyInstallation, tidemark, type Installation } from './tidemark.ts'
import { isIn } from '../src/identity/is-in.ts'

let installation: Installation
let database: Database
let web: Web
let client: pg.Client
let env: Record<string, string>
const run = (...args: string[]) => tidemark(['user', ...args], env)

beforeAll(async () => {
  installation = await emptyInstallation()
  await installation.run('tenant', 'add', 'Copper Kettle Coffee')
  client = new pg.Client({ connectionString: installation.url })
  await client.connect()
  database = connectAsWeb(installation.url)
  web = await serve({ database, databaseUrl: installation.url })
  env = {
    ...installation.env,
    TIDEMARK_WEB_SECRET: 'the tide that signs the sessions of a test',
    PUBLIC_URL: web.url,
  }
})
afterAll(async () => {
  await web.close()
  await database.close()
  await client.end()
  await installation.drop()
})

const ana = ['--email', 'Ana@Example.com', '--name', 'Ana Ruiz']
const kettle = ['--tenant', 'copper-kettle-coffee']

describe('user add', () => {
  test('makes the first admin: they choose a password by the link, once, and sign in', async () => {
    expect((await run('list')).out).toContain('There is nobody yet.')
    const { code, out, err } = await run('add', ...ana, ...kettle, '--role', 'admin')
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('ana@example.com is admin of copper-kettle-coffee.')
    const [, token = ''] = /\/reset\?token=(\S+)/.exec(out) ?? []
    expect(out).toContain(`${web.url}/reset?token=`)

    const visitor = stranger(web.url)
    const password = 'a kettle of copper'
    expect((await visitor.post('/reset', { token, password })).headers.get('location')).toBe(
      '/sign-in?done=password',
    )
    expect((await visitor.post('/reset', { token, password })).status).toBe(410)
    await visitor.post('/sign-in', { email: 'ana@example.com', password })
    expect((await visitor.get('/w/copper-kettle-coffee/settings/members')).status).toBe(200)

    const { rows } = await client.query('select actor, road, deed, target, after from audit_log')
    expect(rows).toEqual([
      {
        actor: 'command line',
        road: 'command',
        deed: 'member_joined',
        target: 'ana@example.com',
        after: { role: 'admin' },
      },
    ])
  })

  test('of somebody who is known adds the place alone, and changes neither role nor password', async () => {
    const again = await run('add', '--email', 'ana@example.com', ...kettle, '--role', 'viewer')
    expect([again.code, again.out]).toEqual([
      0,
      'ana@example.com is a member of copper-kettle-coffee already; their role stays as it is.\n',
    ])
    const staff = await run('add', '--email', 'ana@example.com', '--operator')
    expect([staff.code, staff.out]).toEqual([0, 'ana@example.com is an operator of Agency.\n'])
    const { rows } = await client.query(`select detail from auth.events where deed = 'operator_added'`)
    expect(rows).toEqual([{ detail: { by: 'command line' } }])
    expect((await run('list')).out).toBe(
      'ana@example.com  Ana Ruiz  operator of Agency, admin of copper-kettle-coffee  codes off\n',
    )
  })

  test('brings back whoever was removed', async () => {
    await client.query('update memberships set ended_at = now()')
    expect((await run('list')).out).not.toContain('admin of')
    await run('add', '--email', 'ana@example.com', ...kettle, '--role', 'manager')
    expect((await run('list')).out).toContain('manager of copper-kettle-coffee')
  })

  test('mails the link where a mail server is named, and prints it in any case', async () => {
    const smtp = await startSmtp()
    const args = ['user', 'add', '--email', 'kofi@example.com', '--name', 'Kofi', ...kettle, '--role', 'rep']
    const mailed = await tidemark(args, { ...env, SMTP_URL: smtp.url })
    await smtp.close()
    expect(mailed.out).toContain('The link was mailed to them, too.')
    expect(smtp.letters.map(({ text }) => text)).toEqual([expect.stringContaining('To: kofi@example.com')])
    const away = await tidemark(args, { ...env, SMTP_URL: smtp.url })
    expect(away.code).toBe(0)
    expect(away.out).toContain('/reset?token=')
    expect(away.err).toMatch(/^The link was not mailed: /)
  })

  test.each([
    [['--email', 'nobody'], 'must be an address such as ana@example.com', 2],
    [['--email', 'new@example.com'], 'name: is needed for somebody new', 2],
    [['--email', 'new@example.com', '--name', ' '], 'name: must not be empty', 2],
  ])('%j is refused with words, and nobody is made', async (args, words, exit) => {
    const { code, out, err } = await run('add', ...args, ...kettle, '--role', 'rep')
    expect([code, out]).toEqual([exit, ''])
    expect(err).toContain(words)
    expect((await run('list')).out).not.toContain('new@example.com')
  })

  test('needs a place, and a client that is there', async () => {
    expect(await run('add', ...ana)).toMatchObject({
      code: 2,
      err: expect.stringContaining('Say where they belong') as string,
    })
    expect(await run('add', ...ana, ...kettle)).toMatchObject({
      code: 2,
      err: '--tenant and --role go together.\n',
    })
    expect(await run('add', ...ana, ...kettle, '--role', 'king')).toMatchObject({ code: 2 })
    const stray = await run(
      'add',
      '--email',
      'new@example.com',
      '--name',
      'N',
      '--tenant',
      'x',
      '--role',
      'rep',
    )
    expect([stray.code, stray.err]).toEqual([
      1,
      'There is no client x. See: npm run tidemark -- tenant list\n',
    ])
    expect((await run('list')).out).not.toContain('new@example.com')
  })
})

describe('user codes-off', () => {
  test('lets somebody in again who has lost phone and recovery codes, and ends their sessions', async () => {
    const email = 'ana@example.com'
    const password = 'a kettle of copper'
    const owner = await visitWith(email, password)
    const { answer } = await enrol(owner, 'copper-kettle-coffee', password)
    expect(answer.status).toBe(200)
    expect((await run('list')).out).toMatch(/^ana@example\.com .* codes on$/m)
    const { code, out } = await run('codes-off', '--email', email)
    expect([code, out]).toEqual([
      0,
      'Codes are off for ana@example.com, and every session of theirs has ended. They can set up new ones.\n',
    ])
    expect(await isIn(owner)).toBe(false)
    expect(await isIn(await visitWith(email, password))).toBe(true)
    expect((await run('codes-off', '--email', email)).out).toBe('ana@example.com has no codes.\n')
    const { rows } = await client.query(`select detail from auth.events where deed = 'second_factor_off'`)
    expect(rows).toEqual([{ detail: { by: 'command line' } }])
  })

  test('of somebody who is not there is refused', async () => {
    expect(await run('codes-off', '--email', 'x@example.com')).toMatchObject({
      code: 1,
      err: 'Nobody has the address x@example.com. See: npm run tidemark -- user list\n',
    })
  })
})

async function visitWith(email: string, password: string): Promise<Visitor> {
  const visitor = stranger(web.url, email)
  expect((await visitor.post('/sign-in', { email, password })).headers.get('location')).toBe('/w')
  return visitor
}
