import pg from 'pg'
import { expect, test } from 'vitest'
import { failed } from '../../../src/server/answers.ts'

/** What a program is answered when a statement failed with this code, and how often that is logged. */
async function answerTo(code: string) {
  const cause = Object.assign(new pg.DatabaseError('a row says too much', 0, 'error'), { code })
  const logged: unknown[] = []
  const locals = {
    requestId: 'R-1',
    log: { error: (line: unknown) => logged.push(line) },
  } as unknown as App.Locals
  const answer = failed({ locals }, new Error('Failed query', { cause }))
  const { error } = (await answer.json()) as { error: { code: string; message: string; request_id: string } }
  return { status: answer.status, ...error, logged: logged.length }
}

test.each([
  ['23505', 409, 'taken'],
  ['23503', 400, 'malformed'],
  ['57P01', 503, 'unavailable'],
  ['XX000', 500, 'internal'],
])(
  'a statement that fails with %s is answered with %i, logged, and without a word of the database',
  async (code, status, word) => {
    const { message, ...answer } = await answerTo(code)
    expect(answer).toEqual({ status, code: word, request_id: 'R-1', logged: 1 })
    expect(message).not.toContain('a row says too much')
  },
)
