import { hash } from 'node:crypto'
import type { APIContext } from 'astro'
import type { NamedRequest } from '../commands/answer-once.ts'
import type { Problem } from './answers.ts'

const mostBytes = 65_536
/** A name for a request, as programs make them. */
export const requestKeyForm = /^[\x21-\x7e]{1,200}$/

/** What a program sent, and the name it gave the request; or why it cannot be read. */
export async function readJson({
  request,
  routePattern,
  url,
}: Pick<APIContext, 'request' | 'routePattern' | 'url'>): Promise<
  { given: unknown; named: NamedRequest | null } | Problem
> {
  const text = await request.text()
  const key = request.headers.get('idempotency-key')
  if (text.length > mostBytes) return malformed({ body: `at most ${mostBytes} characters` })
  if (key !== null && !requestKeyForm.test(key))
    return malformed({ 'idempotency-key': '1 to 200 visible characters of ASCII' })
  const given = parsed(text)
  if (given === undefined) return malformed({ body: 'not JSON' })
  const digest = hash('sha256', `${url.pathname}\n${text}`, 'buffer')
  return { given, named: key === null ? null : { route: routePattern, key, hash: digest } }
}

const malformed = (fields: Record<string, string>): Problem => ({
  status: 400,
  code: 'validation_failed',
  message: 'The request is not what this address takes.',
  fields,
})

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
