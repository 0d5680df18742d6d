import { describe, expect, test } from 'vitest'
import { errorCodes } from '../../drizzle/schema/sync.ts'
import { streamNames } from '../../worker/connectors/connector.ts'
import { asSyncError, FatalError, publicText, StoppedError, StreamError } from '../../worker/errors.ts'
import { noCounts, type StreamEnd } from '../../worker/run.ts'
import { judge } from '../../worker/verdict.ts'

const end = (
  stream: StreamEnd['stream'],
  status: StreamEnd['status'],
  error: StreamEnd['error'] = null,
): StreamEnd => ({
  stream,
  status,
  counts: noCounts(),
  error,
})
const badReply = new StreamError('E_CRM_BAD_REPLY', 'status 200 with a page')
const absence = new StreamError('E_MASS_ABSENCE', '20 of 40 are gone')

describe('the words for the client', () => {
  test.each(errorCodes)('of %s say what happened in whole sentences, without a code', (code) => {
    for (const stream of [undefined, ...streamNames]) {
      const words = publicText(code, 'ClientTether', stream)
      expect(words).toMatch(/^[A-Z].*\.$/)
      expect(words).not.toMatch(/E_|undefined|null|http|_/)
    }
  })
})

describe('a run is judged by its gravest stream', () => {
  test.each<[string, StreamEnd[], string, string | undefined]>([
    ['all well', [end('leads', 'success'), end('notes', 'success')], 'success', undefined],
    ['some set aside', [end('leads', 'partial'), end('notes', 'success')], 'partial', undefined],
    ['one failed', [end('leads', 'failed', badReply), end('notes', 'success')], 'partial', 'E_CRM_BAD_REPLY'],
    [
      'all failed',
      [end('leads', 'failed', badReply), end('notes', 'failed', badReply)],
      'failed',
      'E_CRM_BAD_REPLY',
    ],
    [
      'one in doubt, one failed',
      [end('leads', 'failed', badReply), end('notes', 'suspect', absence)],
      'suspect',
      'E_MASS_ABSENCE',
    ],
  ])('%s', (_sentence, ended, status, code) => {
    const verdict = judge('ClientTether', ended, null)
    expect([verdict.status, verdict.error?.code]).toEqual([status, code])
  })

  test('what ended it early weighs more than how its streams did', () => {
    const revoked = new FatalError('E_AUTH_REVOKED', 'status 401')
    expect(judge('ClientTether', [end('leads', 'success')], revoked)).toMatchObject({
      status: 'failed',
      error: { code: 'E_AUTH_REVOKED', detail: 'status 401' },
    })
    expect(judge('ClientTether', [end('leads', 'success')], new StoppedError('stop'))).toMatchObject({
      status: 'cancelled',
      error: null,
    })
  })

  test('a success says how much came in', () => {
    const leads = {
      ...end('leads', 'success'),
      counts: { ...noCounts(), created: 2, updated: 1, retired: 1 },
    }
    expect(judge('ClientTether', [leads], null).words).toBe(
      'All that ClientTether announces is current; 4 changes came in.',
    )
    const one = { ...leads, counts: { ...noCounts(), created: 1 } }
    expect(judge('ClientTether', [one], null).words).toContain('; 1 change came in.')
    const many = { ...leads, counts: { ...noCounts(), created: 3_631 } }
    expect(judge('ClientTether', [many], null).words).toContain('; 3,631 changes came in.')
  })
})

describe('a failure that nobody foresaw is ours', () => {
  test.each([
    ['53100', 'E_CAPACITY'],
    ['53200', 'E_CAPACITY'],
    ['25006', 'E_CAPACITY'],
    ['EMFILE', 'E_CAPACITY'],
    ['ENOSPC', 'E_CAPACITY'],
    ['42501', 'E_INTERNAL'],
    ['22021', 'E_INTERNAL'],
  ])('%s, under any number of wrappings, is %s', (code, errorCode) => {
    const origin = Object.assign(new Error('no space left'), { code })
    const wrapped = new Error('Failed query: select 1', { cause: new Error('query', { cause: origin }) })
    expect(asSyncError(wrapped)).toMatchObject({ code: errorCode, message: `${code}: no space left` })
  })

  test('also when it is no error at all', () =>
    expect(asSyncError('thrown text')).toMatchObject({ code: 'E_INTERNAL', message: 'thrown text' }))

  test('one of ours stays what it is', () => expect(asSyncError(badReply)).toBe(badReply))
})
