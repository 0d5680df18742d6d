import { expect } from 'vitest'
import { password } from './people.ts'

/** A browser without a window: keeps its cookies, says where its forms come from, follows nothing by itself. */
export type Visitor = {
  email: string
  /** Name and value of every cookie it holds. */
  cookies: Map<string, string>
  send: (
    path: string,
    init: Omit<RequestInit, 'headers'> & { headers: Record<string, string> },
  ) => Promise<Response>
  get: (path: string, headers?: Record<string, string>) => Promise<Response>
  /** Sends a form as a page of ours would. */
  post: (path: string, fields?: Record<string, string>, headers?: Record<string, string>) => Promise<Response>
}

/** Somebody whom nobody knows. */
export function stranger(url: string, email = ''): Visitor {
  const cookies = new Map<string, string>()
  const send = async (
    path: string,
    init: Omit<RequestInit, 'headers'> & { headers: Record<string, string> },
  ) => {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
    const headers = { ...(cookie === '' ? {} : { cookie }), ...init.headers }
    const answer = await fetch(url + path, { redirect: 'manual', ...init, headers })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return answer
  }
  return {
    email,
    cookies,
    send,
    get: (path, headers = {}) => send(path, { headers }),
    post: (path, fields = {}, headers = {}) =>
      send(path, {
        method: 'POST',
        headers: { origin: url, ...headers },
        body: new URLSearchParams(fields),
      }),
  }
}

/** Somebody who has signed in with the password of all tests. */
export async function visit(url: string, email: string): Promise<Visitor> {
  const visitor = stranger(url, email)
  const answer = await visitor.post('/sign-in', { email, password })
  expect(answer.status, `sign-in of ${email}`).toBe(303)
  return visitor
}
