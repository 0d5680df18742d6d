import { z } from 'zod'
import { api, problem } from '../../../server/answers.ts'
import { namedWorkspace } from '../../../server/identify.ts'
import { readJson } from '../../../server/json-body.ts'
import { shownPath } from '../../../server/shown-path.ts'

const report = z.strictObject({
  /** The path of the page. */
  page: z
    .string()
    .max(300)
    .regex(/^\/[^?#\s]*$/),
  name: z.string().max(60).regex(/^\w+$/),
  message: z.string().max(500),
  /** Where it happened: files of ours, with line and column. */
  frames: z
    .array(
      z
        .string()
        .max(200)
        .regex(/^\/_\/[\w.-]+:\d+:\d+$/),
    )
    .min(1)
    .max(5),
})

/** Notes what failed in the browser of somebody who is signed in: a line in the log, and one more in the numbers. */
export const POST = api(async (context) => {
  const { locals } = context
  const body = await readJson(context)
  if ('status' in body) return problem(context, body)
  const given = report.safeParse(body.given)
  if (!given.success) {
    const message = 'The body is not what this address takes.'
    return problem(context, { status: 400, code: 'validation_failed', message })
  }
  const { page, name, message, frames } = given.data
  // Who names no workspace stands in none, however many they have.
  const workspace = namedWorkspace(context) === null ? undefined : locals.asker?.access[0]?.workspace
  const where = { tenant_id: workspace?.id, user_id: locals.person.id, page: shownPath(page) }
  locals.log.warn({ ...where, error: name, words: withoutQuotes(message), frames }, 'browser.error')
  locals.metrics.browserFailed()
  return new Response(null, { status: 204 })
})

const mostLetters = 200

/** The first line of a message, without what it quotes: that may be a customer's. */
function withoutQuotes(message: string): string {
  const [first = ''] = message.split(/[\r\n]/)
  return first.replaceAll(/(?<!\w)(["'`]).*?(?:\1|$)/g, '$1…$1').slice(0, mostLetters)
}
