import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSimulator, type Simulator } from '../../simulator/main.ts'
import { addressProblem } from '../../src/commands/add-connection.ts'
import { emptyInstallation, tidemark, type Ended, type Installation } from './tidemark.ts'

let installation: Installation
let simulator: Simulator
let folder: string
const credentials = { accessToken: 'CANARY-TOKEN', webKey: 'CT_CANARY_KEY' }
const apiToken = 'CANARY-API-TOKEN'
const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

beforeAll(async () => {
  installation = await emptyInstallation()
  simulator = await startSimulator({
    accounts: [
      { ...credentials, seed: 5, people: 30, changesPerDay: 0 },
      { crm: 'pipedrive', webKey: 'harbour', accessToken: apiToken, seed: 7, people: 30, changesPerDay: 0 },
      {
        crm: 'salesforce',
        webKey: 'larkspur',
        accessToken: '',
        seed: 11,
        people: 30,
        changesPerDay: 0,
        // Assertions are good for minutes.
        startAt: new Date(),
        oauth: { clientId: '3MVG9.larkspur', clientSecret: 'of the app', refreshToken: 'of nobody' },
        salesforce: { publicKey },
      },
    ],
  })
  folder = await mkdtemp(join(tmpdir(), 'connection-test-'))
  await writeFile(join(folder, 'token'), `${credentials.accessToken}\n`)
  await writeFile(join(folder, 'key'), `${credentials.webKey}\n`)
  await installation.run('tenant', 'add', 'Rosewood Care')
})
afterAll(async () => {
  await simulator.close()
  await rm(folder, { recursive: true })
  await installation.drop()
})

const files = () => [
  '--secret-file',
  `accessToken=${join(folder, 'token')}`,
  '--secret-file',
  `webKey=${join(folder, 'key')}`,
]
const add = (args: string[], env: Record<string, string> = {}): Promise<Ended> =>
  tidemark(['connection', 'add', '--tenant', 'rosewood-care', '--connector', 'clienttether', ...args], {
    ...installation.env,
    ...env,
  })

describe('tenant add', () => {
  test('a slug is made from the name, and taken once', async () => {
    const first = await installation.run('tenant', 'add', 'Glühwein & Söhne', '--currency', 'EUR')
    expect([first.code, first.out]).toEqual([0, expect.stringContaining('as gluhwein-sohne.')])
    const second = await installation.run('tenant', 'add', 'Glühwein Söhne')
    expect([second.code, second.err]).toEqual([1, expect.stringContaining('slug gluhwein-sohne already')])
    expect((await installation.run('tenant', 'list')).out).toMatch(/^gluhwein-sohne +Glühwein & Söhne/m)
  })

  test('everything that is wrong is said at once', async () => {
    const { code, err } = await installation.run(
      'tenant',
      'add',
      '!!',
      '--time-zone',
      'Mars/Olympus',
      '--currency',
      'x',
    )
    expect(code).toBe(2)
    expect(err).toMatch(/timeZone: must be an IANA zone[^]*currency: must be an ISO 4217 code/)
  })
})

test('tenant write-back turns writing to the CRMs of one client on and off, and writes it down', async () => {
  const writeBack = (...args: string[]) => installation.run('tenant', 'write-back', ...args)
  expect(await writeBack('rosewood-care', 'on')).toMatchObject({
    code: 0,
    out: 'Writing to the CRMs of Rosewood Care is on.\n',
  })
  const db = new pg.Client({ connectionString: installation.url })
  await db.connect()
  const { rows } = await db.query<{ slug: string }>('select slug from tenants where writes_back')
  expect(rows).toEqual([{ slug: 'rosewood-care' }])
  expect((await writeBack('rosewood-care', 'off')).code).toBe(0)
  const log = await db.query(`select actor from audit_log where deed = 'write_back_changed'`)
  expect(log.rows).toEqual([{ actor: 'command line' }, { actor: 'command line' }])
  await db.end()
  expect((await writeBack('nobody', 'on')).err).toContain('no client with the slug nobody')
  expect((await writeBack('rosewood-care', 'perhaps')).code).toBe(2)
})

describe('connection add', () => {
  test('without the variable it refuses an address on this machine, and shows nothing of the secrets', async () => {
    const { code, err, all } = await add(['--name', 'Refused', '--base-url', simulator.baseUrl, ...files()], {
      TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: 'false',
    })
    const words = 'that takes TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS=true'
    expect([code, err]).toEqual([2, expect.stringContaining(words)])
    expect(all).not.toContain('CANARY')
  })

  test.each([
    ['http://127.0.0.1:9/', /^127\.0\.0\.1 is on this machine or in a private network/],
    ['https://10.1.2.3/v2/', /^10\.1\.2\.3 is on this machine or in a private network/],
    ['https://[::1]/', /^::1 is on this machine or in a private network/],
    ['https://[::ffff:192.168.1.1]/', /is on this machine or in a private network/],
    ['https://2130706433/', /^127\.0\.0\.1 is on this machine/],
    ['https://169.254.169.254/latest/', /^169\.254\.169\.254 is on this machine/],
    ['https://crm.localhost/', /^crm\.localhost is on this machine/],
    ['https://intranet/', /^intranet is on this machine or in a private network/],
    ['http://api.example.com/', /^must begin with https:\/\/: the credentials would travel in the open/],
    ['ftp://api.example.com/', /^must begin with https:\/\//],
    ['https://user:CANARY@api.example.com/', /^must not hold a user or a password$/],
    ['https://api.example.com/?key=1', /^must end with its path/],
    ['api.example.com', /^must be an address such as/],
  ])('%s is refused', (address, words) => {
    expect(addressProblem(address, false)).toMatch(words)
  })

  test('a public address is taken, and with the variable a private one', () => {
    expect(addressProblem('https://api.clienttether.com/v2/api/', false)).toBeNull()
    expect(addressProblem('http://127.0.0.1:4400/v2/api/', true)).toBeNull()
  })

  test('a setting that does not fit and a secret that is missing are named', async () => {
    const wrong = await add([
      '--name',
      'Refused',
      '--setting',
      'pageSize=1',
      '--setting',
      'colour=red',
      ...files(),
    ])
    expect([wrong.code, wrong.err]).toEqual([
      2,
      expect.stringMatching(/settings\.pageSize: .*\n.*settings: .*colour/),
    ])
    const missing = await add(['--name', 'Refused', ...files().slice(0, 2)])
    expect([missing.code, missing.err]).toEqual([
      2,
      expect.stringMatching(/^The secret webKey is missing .*--secret-file/),
    ])
  })

  test('secrets from files are sealed, open again, and reach the CRM', async () => {
    const added = await add(['--name', 'ClientTether', '--base-url', simulator.baseUrl, ...files()])
    expect([added.code, added.err]).toEqual([0, ''])
    const twice = await add(['--name', 'ClientTether', '--base-url', simulator.baseUrl, ...files()])
    expect([twice.code, twice.err]).toEqual([
      1,
      expect.stringContaining('has a connection named ClientTether already'),
    ])

    const { code, out } = await installation.run('connection', 'test', 'ClientTether')
    expect(out).toMatch(
      /^ok {6}Reached 127\.0\.0\.1:\d+ \(\d+ ms\)\nok {6}Key accepted\nok {6}Owners: 5\n(ok {6}.+: \d+.*\n){6}$/,
    )
    expect(code).toBe(0)
    const db = new pg.Client({ connectionString: installation.url })
    await db.connect()
    const { rows } = await db.query<{ everything: string }>(
      `select string_agg(s::text, ' ') || encode(string_agg(sealed, ''), 'escape') as everything from connection_secrets s`,
    )
    await db.end()
    expect(rows[0]?.everything).not.toContain('CANARY')
  })

  test('another CRM is added by its name, and asks for what that one needs', async () => {
    const base = [
      'connection',
      'add',
      '--tenant',
      'rosewood-care',
      '--connector',
      'pipedrive',
      '--name',
      'Pipedrive',
    ]
    const given = [...base, '--base-url', `${simulator.url}/api/`]
    const missing = await installation.run(...given)
    expect([missing.code, missing.err]).toEqual([
      2,
      expect.stringContaining('The secret apiToken is missing (API token of an administrator'),
    ])
    const added = await tidemark(given, { ...installation.env, TIDEMARK_SECRET_API_TOKEN: apiToken })
    expect([added.code, added.err]).toEqual([0, ''])
    const { code, out } = await installation.run('connection', 'test', 'Pipedrive')
    expect(out).toMatch(/^ok {6}Key accepted\nok {6}Owners: 5\n(ok {6}.+: \d+.*\n){9}$/m)
    expect(code).toBe(0)
    const synced = await installation.run('sync', '--connection', 'Pipedrive')
    expect([synced.code, synced.err]).toEqual([0, ''])
    expect(`${missing.all} ${added.all} ${out} ${synced.all}`).not.toContain('CANARY')
  })

  test('Salesforce is added with a file for its key, tested and copied', async () => {
    const base = [
      'connection',
      'add',
      '--tenant',
      'rosewood-care',
      '--connector',
      'salesforce',
      '--name',
      'Salesforce',
    ]
    await writeFile(join(folder, 'pem'), privateKey)
    const secrets = ['--secret-file', `privateKey=${join(folder, 'pem')}`]
    const env = {
      ...installation.env,
      TIDEMARK_SECRET_CONSUMER_KEY: '3MVG9.larkspur',
      TIDEMARK_SECRET_USERNAME: 'integration@example.org',
    }
    const added = await tidemark([...base, ...secrets, '--base-url', `${simulator.url}/`], env)
    expect([added.code, added.err]).toEqual([0, ''])
    const { code, out } = await installation.run('connection', 'test', 'Salesforce')
    expect([code, out]).toEqual([0, expect.stringMatching(/^ok {6}Key accepted$/m)])
    const synced = await installation.run('sync', '--connection', 'Salesforce')
    expect([synced.code, synced.err]).toEqual([0, ''])
    expect(`${added.all} ${out} ${synced.all}`).not.toContain('PRIVATE KEY')
  })

  test('an address for webhooks is made, made anew and removed', async () => {
    const env = {
      ...installation.env,
      TIDEMARK_WEB_SECRET: 'CANARY-SECRET-of-the-pages-0123456789abcdef',
      PUBLIC_URL: 'https://sync.example.com',
    }
    const webhook = (...args: string[]) => tidemark(['connection', 'webhook', ...args], env)
    const addressIn = ({ out }: Ended) =>
      /https:\/\/sync\.example\.com\/api\/v1\/webhooks\/[\w-]{43}$/m.exec(out)?.[0]
    expect((await webhook('ClientTether')).err).toContain('clienttether sends no webhooks')
    const unsaid = await webhook('Pipedrive')
    expect([unsaid.code, unsaid.err]).toEqual([2, expect.stringContaining('account: This is not what')])
    expect((await webhook('Pipedrive', '--remove')).err).toContain('has no address for webhooks')
    const made = await webhook('Pipedrive', '--account', '15000007')
    expect([made.code, made.out]).toEqual([0, expect.stringMatching(/^User: tidemark\nPassword: \S{43}$/m)])
    const again = await webhook('Pipedrive')
    expect(addressIn(again)).not.toBe(addressIn(made))
    expect(again.out).toContain("The address before is nobody's now.")
    const removed = await webhook('Pipedrive', '--remove')
    expect([removed.code, removed.out]).toEqual([
      0,
      expect.stringMatching(/^The address of Pipedrive is nobody's now/),
    ])
    const db = new pg.Client({ connectionString: installation.url })
    await db.connect()
    const { rows } = await db.query<{ deed: string }>(
      `select deed from audit_log where deed like 'webhook%' and actor = 'command line' order by id`,
    )
    const token = addressIn(again)?.split('/').at(-1) ?? ''
    const known = await db.query(`select from webhook_addresses where token_hash = sha256($1::text::bytea)`, [
      token,
    ])
    await db.end()
    expect(rows.map(({ deed }) => deed)).toEqual([
      'webhook_address_made',
      'webhook_address_made',
      'webhook_address_removed',
    ])
    expect(known.rowCount).toBe(0)
  })

  test("our share of the customer's day is changed, each part by itself", async () => {
    const change = (...args: string[]) => installation.run('connection', 'change', 'Pipedrive', ...args)
    const db = new pg.Client({ connectionString: installation.url })
    await db.connect()
    const quota = async () =>
      (
        await db.query<{ share: number; most: string | null }>(
          `select quota_share::float8 as share, quota_limit as most from connections where name = 'Pipedrive'`,
        )
      ).rows[0]
    expect((await change('--quota-share', '35')).code).toBe(0)
    expect(await quota()).toEqual({ share: 0.35, most: null })
    expect((await change('--quota-limit', '40000')).code).toBe(0)
    expect(Number((await quota())?.most)).toBe(40_000)
    expect((await change('--quota-limit', 'none')).code).toBe(0)
    expect(await quota()).toEqual({ share: 0.35, most: null })
    const wrong = await change('--quota-share', 'half')
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('percent')])
    expect(await quota()).toEqual({ share: 0.35, most: null })
    await db.end()
  })

  test('a test of a CRM that refuses us says so', async () => {
    const account = simulator.account(credentials.webKey)
    account.setAccessToken('another one')
    const { code, out } = await installation.run('connection', 'test', 'ClientTether')
    account.setAccessToken(credentials.accessToken)
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/^FAILED {2}ClientTether answered 401: Unauthorized: Invalid Access Token$/m),
    ])
  })

  test('a draft is tested and started when it is set up, and the audit log knows who did what', async () => {
    const added = await add(['--name', 'Draft', '--draft', '--base-url', simulator.baseUrl, ...files()])
    expect([added.code, added.out]).toEqual([
      0,
      expect.stringContaining('It is a draft: nothing is read yet.'),
    ])
    expect((await installation.run('connection', 'list')).out).toMatch(/ Draft +clienttether +draft /)
    expect((await installation.run('connection', 'test', 'Draft')).code).toBe(0)
    const synced = await installation.run('sync', '--connection', 'Draft')
    expect([synced.code, synced.out]).toEqual([
      1,
      expect.stringContaining('It is a draft, so no run was made.'),
    ])
    const changed = await installation.run('connection', 'change', 'Draft', '--setting', 'pageSize=50')
    expect(changed.out).toMatch(/^Draft is changed and still a draft\. To start it: .* connection start /)
    const started = await installation.run('connection', 'start', 'Draft')
    expect([started.code, started.out]).toEqual([0, 'Draft is active. Its first run waits for a worker.\n'])
    const again = await installation.run('connection', 'start', 'Draft')
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('is no draft: it is active')])

    const db = new pg.Client({ connectionString: installation.url })
    await db.connect()
    const { rows } = await db.query<{ deed: string; actor: string }>(
      `select deed, actor from audit_log where target = 'connection Draft' order by id`,
    )
    await db.end()
    expect(rows.map(({ deed, actor }) => `${deed} by ${actor}`)).toEqual([
      'connection_added by command line',
      'connection_changed by command line',
      'connection_started by command line',
    ])
  })

  test('without a secret of the installation nothing can be sealed, and the message says how to make one', async () => {
    const env = { DATABASE_URL: installation.url }
    const where = ['--tenant', 'rosewood-care', '--connector', 'clienttether', '--name', 'Other']
    const { code, err } = await tidemark(['connection', 'add', ...where, ...files()], env)
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^TIDEMARK_SECRET is not set\..*openssl rand -hex 32\n$/),
    ])
  })
})
