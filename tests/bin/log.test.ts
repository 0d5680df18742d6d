import { spawn } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { scrubber } from '../../bin/redact.ts'

describe('what is printed is scrubbed', () => {
  const { text, value } = scrubber(['CANARY-KNOWN'])

  test('by the name of a field, at any depth and in lists', () => {
    const given = {
      request: { headers: [{ 'X-Access-Token': 'CANARY', accept: 'json' }], webKey: 'CANARY' },
      connection: { settings: { deep: { apiKey: 'CANARY', pageSize: 5 } }, sealed: Buffer.from('CANARY') },
      DATABASE_URL: 'CANARY',
    }
    const clean = JSON.stringify(value(given))
    expect(clean).not.toContain('CANARY')
    expect(clean).toContain('"pageSize":5')
    expect(clean).toContain('"accept":"json"')
  })

  test('by its value, and the password of an address, in any text', () => {
    expect(text('at postgres://tidemark:CANARY-pw@db:5432/x with CANARY-KNOWN')).toBe(
      'at postgres://tidemark:[redacted]@db:5432/x with [redacted]',
    )
  })

  test('in the causes of errors, and a failed statement shows none of its values', () => {
    const cause = new Error('connect postgres://u:CANARY@h/x', { cause: { password: 'CANARY' } })
    const error = new Error('Failed query: insert …\nparams: CANARY', { cause })
    const clean = JSON.stringify(value({ err: error }))
    expect(clean).not.toContain('CANARY')
    expect(clean).toContain('connect postgres://u:[redacted]@h/x')
  })

  test('a circle ends', () => {
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    expect(JSON.stringify(value(circle))).toContain('[deeper]')
  })
})

test('a log line of the program holds no credential, in its fields, its words or its errors', async () => {
  const script = `
    const { createLog } = await import('./bin/log.ts')
    const log = await createLog({ level: 'info', secrets: ['CANARY-KNOWN'] })
    const err = new Error('refused CANARY-KNOWN', { cause: new Error('postgres://u:CANARY@h/x') })
    log.child({ token: 'CANARY' }).warn({ err, a: { b: [{ accessToken: 'CANARY' }] } }, 'said CANARY-KNOWN')
    log.debug('not asked for')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script])
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (words: string) => (out += words))
  await new Promise((done) => child.once('close', done))
  expect(out).not.toContain('CANARY')
  const [line, ...others] = out.trimEnd().split('\n')
  expect(others).toEqual([])
  expect(JSON.parse(line ?? '')).toMatchObject({
    level: 'warn',
    token: '[redacted]',
    msg: 'said [redacted]',
    err: { type: 'Error', message: 'refused [redacted]', cause: { message: 'postgres://u:[redacted]@h/x' } },
  })
})
