import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sessionCookie } from '../../../src/identity/session-cookie.ts'
import { startApp, webSecret, type TestApp } from '../app.ts'
import { stranger } from '../visitor.ts'

const name = 'tidemark.session_token'
let app: TestApp
let value: string

beforeAll(async () => {
  app = await startApp()
  value = app.ana.cookies.get(name) ?? ''
})
afterAll(() => app.close())

const { tokenIn } = sessionCookie({ name, secret: webSecret })
const read = (cookie: string) => tokenIn(new Headers({ cookie }))
const statusWith = async (shown: string) => {
  const visitor = stranger(app.url)
  visitor.cookies.set(name, shown)
  return (await visitor.get('/w')).status
}

describe('the cookie of a session that the library has set', () => {
  test('is read as the library reads it, whatever stands beside it', async () => {
    const { rows } = await app.seed.client.query<{ token: string }>('select token from auth.sessions')
    const [token] = decodeURIComponent(value).split('.')
    expect(rows.map((row) => row.token)).toContain(token)
    for (const cookie of [`${name}=${value}`, `a=b; ${name}=${value};c=d`, `x${name}=no; ${name} = ${value}`])
      expect(read(cookie)).toBe(token)
    expect(await statusWith(value)).toBe(200)
  })

  test('is nobody’s once a character of it is another, or its half', async () => {
    const whole = decodeURIComponent(value)
    const at = whole.indexOf('.')
    const swap = (index: number) =>
      whole.slice(0, index) + (whole[index] === 'A' ? 'B' : 'A') + whole.slice(index + 1)
    const forged = [
      swap(0),
      swap(at + 1),
      whole.slice(0, at),
      `${whole.slice(0, at)}.`,
      whole.slice(at),
      `${randomBytes(16).toString('hex')}${whole.slice(at)}`,
      `${whole}.`,
      '',
      '%',
    ]
    for (const one of forged) {
      expect(read(`${name}=${encodeURIComponent(one)}`), one).toBeUndefined()
      expect(await statusWith(encodeURIComponent(one)), one).toBe(303)
    }
    expect(read('')).toBeUndefined()
  })

  test('ends at once with its session', async () => {
    await app.seed.client.query('delete from auth.sessions')
    expect(await statusWith(value)).toBe(303)
  })
})
