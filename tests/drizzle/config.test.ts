import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ConfigError, environment, readConfig } from '../../drizzle/config.ts'

const folder = mkdtempSync(join(tmpdir(), 'config-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const longSecret = 'CANARY-a-secret-of-thirty-two-bytes-or-more'

function fileWith(text: string): string {
  const path = join(folder, `mounted-${text.length}`)
  writeFileSync(path, text)
  return path
}

function problemsOf(source: Record<string, string>): string[] {
  try {
    readConfig(source)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    const [title, ...problems] = (error as ConfigError).message.split('\n')
    expect(title).toBe('The environment is not usable:')
    return problems.map((line) => line.replace(/^ {2}- /, ''))
  }
  throw new Error(`${JSON.stringify(source)} was taken`)
}

describe('the environment', () => {
  const defaults = {
    DATABASE_URL: undefined,
    DATABASE_REPLICA_URL: undefined,
    DATABASE_POOL: 10,
    PORT: 4321,
    HOST: '127.0.0.1',
    PUBLIC_URL: undefined,
    TIDEMARK_DATA_DIR: '.tidemark',
    TIDEMARK_SECRET: undefined,
    TIDEMARK_OLD_SECRETS: undefined,
    TIDEMARK_WEB_SECRET: undefined,
    TRUSTED_PROXIES: [],
    SMTP_URL: undefined,
    MAIL_FROM: 'Tidemark <tidemark@localhost>',
    ALERT_EMAIL: undefined,
    ALERT_WEBHOOK_URL: undefined,
    GOOGLE_CLIENT_ID: undefined,
    GOOGLE_CLIENT_SECRET: undefined,
    MICROSOFT_CLIENT_ID: undefined,
    MICROSOFT_CLIENT_SECRET: undefined,
    MICROSOFT_TENANT_ID: undefined,
    SALESFORCE_CLIENT_ID: undefined,
    SALESFORCE_CLIENT_SECRET: undefined,
    SALESFORCE_LOGIN_URL: 'https://login.salesforce.com',
    OIDC_ISSUER: undefined,
    OIDC_CLIENT_ID: undefined,
    OIDC_CLIENT_SECRET: undefined,
    OIDC_NAME: 'single sign-on',
    HUBSPOT_APP_CLIENT_ID: undefined,
    HUBSPOT_APP_CLIENT_SECRET: undefined,
    HUBSPOT_APP_URL: undefined,
    PIPEDRIVE_APP_CLIENT_ID: undefined,
    PIPEDRIVE_APP_CLIENT_SECRET: undefined,
    PIPEDRIVE_APP_URL: undefined,
    SALESFORCE_APP_CLIENT_ID: undefined,
    SALESFORCE_APP_CLIENT_SECRET: undefined,
    SALESFORCE_APP_URL: undefined,
    METRICS_TOKEN: undefined,
    TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: false,
    LOG_LEVEL: 'info',
    SYNC_CRON: '0 * * * *',
    SYNC_CONCURRENCY: 4,
    STALE_AFTER_MINUTES: 120,
  }

  test('may be empty: every variable has its default or may be missing', () => {
    expect({ ...defaults, ...readConfig({}) }).toEqual(defaults)
  })

  test('has no variable but those listed here, each with words that say what it means', () => {
    expect(Object.keys(environment.shape).sort()).toEqual(Object.keys(defaults).sort())
    for (const [name, field] of Object.entries(environment.shape))
      expect(field.description, name).toMatch(/^\w.{10,}/)
  })

  test('reads every variable', () => {
    const given = {
      DATABASE_URL: 'postgres://tidemark:word@db:5432/tidemark',
      DATABASE_POOL: '25',
      PORT: '0',
      HOST: '0.0.0.0',
      PUBLIC_URL: 'https://tidemark.example.com',
      TIDEMARK_DATA_DIR: '/var/lib/tidemark',
      TIDEMARK_SECRET: longSecret,
      TIDEMARK_OLD_SECRETS: `${longSecret}-1, ${longSecret}-2`,
      TIDEMARK_WEB_SECRET: `${longSecret}-web`,
      TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1 2001:db8::/32',
      SMTP_URL: 'smtps://tidemark:word@mail:465',
      MAIL_FROM: 'tide@tidemark.example.com',
      GOOGLE_CLIENT_ID: 'google',
      GOOGLE_CLIENT_SECRET: 'google word',
      MICROSOFT_CLIENT_ID: 'microsoft',
      MICROSOFT_CLIENT_SECRET: 'microsoft word',
      MICROSOFT_TENANT_ID: '0f9a7c52-6f0b-4c3e-9a51-5d5b0a4c1e77',
      SALESFORCE_CLIENT_ID: 'salesforce',
      SALESFORCE_CLIENT_SECRET: 'salesforce word',
      SALESFORCE_LOGIN_URL: 'https://test.salesforce.com',
      OIDC_ISSUER: 'https://sign-in.example.com',
      OIDC_CLIENT_ID: 'oidc',
      OIDC_CLIENT_SECRET: 'oidc word',
      OIDC_NAME: 'the harbour office',
      METRICS_TOKEN: 'sixteen letters!',
      TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: 'true',
      LOG_LEVEL: 'warn',
      SYNC_CRON: '*/15 * * * *',
      SYNC_CONCURRENCY: '64',
      STALE_AFTER_MINUTES: '90',
      SOMETHING_ELSE: 'ignored',
    }
    const { SOMETHING_ELSE: _, ...known } = given
    expect(readConfig(given)).toEqual({
      ...known,
      DATABASE_POOL: 25,
      PORT: 0,
      TIDEMARK_OLD_SECRETS: [`${longSecret}-1`, `${longSecret}-2`],
      TRUSTED_PROXIES: ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32'],
      TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: true,
      SYNC_CONCURRENCY: 64,
      STALE_AFTER_MINUTES: 90,
    })
  })

  test('takes an empty variable for one that is not set', () => {
    const empty = Object.fromEntries(Object.keys(defaults).map((name) => [name, '']))
    expect({
      ...defaults,
      ...readConfig({ ...empty, DATABASE_URL_FILE: '', TIDEMARK_SECRET_FILE: '' }),
    }).toEqual(defaults)
  })

  test.each([
    ['DATABASE_URL', 'mysql://db/tidemark', 'must look like postgres://user:password@host:5432/database'],
    ['DATABASE_URL', 'postgres://', 'must look like postgres://user:password@host:5432/database'],
    ['DATABASE_POOL', '1', '>=2'],
    ['PORT', '65536', '65535'],
    ['PORT', '-1', '>=0'],
    ['PORT', '80.5', 'int'],
    ['PORT', 'http', 'number'],
    ['PUBLIC_URL', 'tidemark.example.com', 'URL'],
    ['PUBLIC_URL', 'ftp://tidemark.example.com', 'URL'],
    ['TIDEMARK_SECRET', 'x'.repeat(31), 'must be at least 32 bytes; make one with: openssl rand -hex 32'],
    ['TIDEMARK_OLD_SECRETS', `${longSecret},${'x'.repeat(31)}`, 'must be at least 32 bytes'],
    ['TIDEMARK_WEB_SECRET', 'x'.repeat(31), 'must be at least 32 bytes'],
    ['TRUSTED_PROXIES', '10.0.0.0/8, everywhere', 'must be addresses or networks such as 10.0.0.0/8'],
    ['TRUSTED_PROXIES', '10.0.0.0/33', 'must be addresses or networks such as 10.0.0.0/8'],
    ['SMTP_URL', 'mail.example.com', 'must look like smtps://user:password@host:465'],
    ['MAIL_FROM', 'Tidemark', 'must be an address such as Tidemark <sync@example.com>'],
    ['SALESFORCE_LOGIN_URL', 'http://login.salesforce.com', 'URL'],
    ['METRICS_TOKEN', 'short', '>=16'],
    ['TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS', 'yes', '"true"|"false"'],
    ['LOG_LEVEL', 'loud', '"trace"|"debug"|"info"|"warn"|"error"|"fatal"'],
    ['SYNC_CRON', 'hourly', 'must be a cron expression such as 0 * * * *'],
    ['SYNC_CRON', '61 * * * *', 'must be a cron expression such as 0 * * * *'],
    ['SYNC_CONCURRENCY', '0', '>=1'],
    ['SYNC_CONCURRENCY', '65', '<=64'],
    ['STALE_AFTER_MINUTES', '0', '>=1'],
  ])('refuses %s=%s and says why', (name, value, reason) => {
    const problems = problemsOf({ [name]: value })
    expect(problems).toHaveLength(1)
    // Of a list, the one that is wrong is told by its place.
    expect(problems[0]?.replace(/^(\w+)\.\d+:/, '$1:').startsWith(`${name}: `)).toBe(true)
    expect(problems[0]).toContain(reason)
  })

  test.each([
    [{ GOOGLE_CLIENT_ID: 'google' }, 'GOOGLE_CLIENT_SECRET: missing, needed with GOOGLE_CLIENT_ID'],
    [
      { MICROSOFT_CLIENT_ID: 'm', MICROSOFT_CLIENT_SECRET: 'word' },
      'MICROSOFT_TENANT_ID: missing, needed with MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET',
    ],
    [
      { OIDC_ISSUER: 'https://sign-in.example.com' },
      'OIDC_CLIENT_ID, OIDC_CLIENT_SECRET: missing, needed with OIDC_ISSUER',
    ],
    [
      { HUBSPOT_APP_CLIENT_ID: 'hs' },
      'HUBSPOT_APP_CLIENT_SECRET: missing, needed with HUBSPOT_APP_CLIENT_ID',
    ],
  ])('refuses half of what a way to sign in, or an app, needs: %j', (given, problem) => {
    expect(problemsOf(given)).toEqual([problem])
  })

  test('counts the bytes of the secret, not its letters', () => {
    expect(readConfig({ TIDEMARK_SECRET: 'ü'.repeat(16) }).TIDEMARK_SECRET).toBe('ü'.repeat(16))
  })

  test('lists everything that is wrong at once, one line each', () => {
    const problems = problemsOf({
      DATABASE_URL: 'mysql://db',
      PORT: 'http',
      TIDEMARK_SECRET: 'too short',
      LOG_LEVEL: 'loud',
      SYNC_CRON: 'hourly',
      TIDEMARK_SECRET_FILE: join(folder, 'absent'),
    })
    expect(problems.map((line) => line.split(/[: ]/)[0] ?? '').sort()).toEqual([
      'DATABASE_URL',
      'LOG_LEVEL',
      'PORT',
      'SYNC_CRON',
      'TIDEMARK_SECRET',
      'TIDEMARK_SECRET',
      'TIDEMARK_SECRET_FILE',
    ])
  })

  test('is never quoted back where it may be secret', () => {
    const secrets = {
      DATABASE_URL: 'mysql://tidemark:CANARY-password@db/tidemark',
      DATABASE_REPLICA_URL: 'mysql://tidemark:CANARY-replica@db/tidemark',
      TIDEMARK_SECRET: 'CANARY-short',
      TIDEMARK_OLD_SECRETS: `CANARY-old,${longSecret}`,
      TIDEMARK_WEB_SECRET: 'CANARY-web',
      SMTP_URL: 'CANARY://tidemark:CANARY@mail',
      GOOGLE_CLIENT_SECRET: 'CANARY-google',
      METRICS_TOKEN: 'CANARY',
    }
    expect(problemsOf(secrets).join('\n')).not.toContain('CANARY')
    const files = {
      DATABASE_URL_FILE: fileWith('mysql://tidemark:CANARY-password@db'),
      TIDEMARK_SECRET_FILE: fileWith('CANARY-brief'),
    }
    const problems = problemsOf(files)
    expect(problems).toHaveLength(2)
    expect(problems.join('\n')).not.toContain('CANARY')
  })
})

describe('a secret given as a file', () => {
  test('is read, without the line end that editors leave', () => {
    const read = readConfig({
      DATABASE_URL_FILE: fileWith('postgres://tidemark:word@db/tidemark\n'),
      TIDEMARK_SECRET_FILE: fileWith(`${longSecret}\r\n`),
    })
    expect(read).toMatchObject({
      DATABASE_URL: 'postgres://tidemark:word@db/tidemark',
      TIDEMARK_SECRET: longSecret,
    })
  })

  test('is refused beside the variable itself', () => {
    const both = { TIDEMARK_SECRET: longSecret, TIDEMARK_SECRET_FILE: fileWith(longSecret) }
    expect(problemsOf(both)).toEqual(['TIDEMARK_SECRET and TIDEMARK_SECRET_FILE are both set: keep one'])
  })

  test('that cannot be read is named with its path and the reason', () => {
    const path = join(folder, 'absent')
    const [problem] = problemsOf({ DATABASE_URL_FILE: path })
    expect(problem).toContain(`DATABASE_URL_FILE: cannot read ${path} (ENOENT`)
  })

  test('that is empty is an empty secret, which is too short, not a missing one', () => {
    const [problem] = problemsOf({ TIDEMARK_SECRET_FILE: fileWith('') })
    expect(problem).toContain('TIDEMARK_SECRET: must be at least 32 bytes')
  })

  test('stands only for what is secret', () => {
    expect(readConfig({ PORT_FILE: fileWith('99') }).PORT).toBe(4321)
  })
})
