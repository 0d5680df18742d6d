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
    PORT: 4321,
    HOST: '127.0.0.1',
    PUBLIC_URL: undefined,
    TIDEMARK_DATA_DIR: '.tidemark',
    TIDEMARK_SECRET: undefined,
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
      expect(field.description, name).toMatch(/^\w.{15,}/)
  })

  test('reads every variable', () => {
    const given = {
      DATABASE_URL: 'postgres://tidemark:word@db:5432/tidemark',
      PORT: '0',
      HOST: '0.0.0.0',
      PUBLIC_URL: 'https://tidemark.example.com',
      TIDEMARK_DATA_DIR: '/var/lib/tidemark',
      TIDEMARK_SECRET: longSecret,
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
      PORT: 0,
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
    ['PORT', '65536', '65535'],
    ['PORT', '-1', '>=0'],
    ['PORT', '80.5', 'int'],
    ['PORT', 'http', 'number'],
    ['PUBLIC_URL', 'tidemark.example.com', 'URL'],
    ['PUBLIC_URL', 'ftp://tidemark.example.com', 'URL'],
    ['TIDEMARK_SECRET', 'x'.repeat(31), 'must be at least 32 bytes; make one with: openssl rand -hex 32'],
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
    expect(problems[0]?.startsWith(`${name}: `)).toBe(true)
    expect(problems[0]).toContain(reason)
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
      TIDEMARK_SECRET: 'CANARY-short',
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
