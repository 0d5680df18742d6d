import type { APIRoute } from 'astro'
import { readVersion } from '../../../queries/version.ts'
import { may } from '../../../server/access.ts'
import { whoAsks } from '../../../server/who.ts'

/** How often it is looked whether the reader may still be here; a stream must not outlive a session or a membership by more. */
const checkedEveryMs = 30_000

/**
 * Server-sent events of one workspace: `version`, which its pages stand on, at once and with every look whether the reader may still
 * be here; `run`, with the id of a run that has just ended. Nothing else is in them; what is new is asked for on the ordinary road.
 */
export const GET: APIRoute = ({ locals, request }) => {
  const { live, workspace, person, log } = locals
  const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' }
  // Nobody reads the body of this answer, so nobody would ever say that they are gone.
  if (request.method === 'HEAD') return new Response(null, { headers })
  let isOpen = true
  let release = () => undefined as void
  const body = new ReadableStream<Uint8Array>({
    start: (stream) => {
      const encoder = new TextEncoder()
      const say = (text: string) => isOpen && stream.enqueue(encoder.encode(text))
      const sayVersion = (version: string) => say(`event: version\ndata: ${version}\n\n`)
      const end = () => {
        // The reader may have left while it was looked whether they may stay.
        if (!isOpen) return
        release()
        stream.close()
      }
      const stop = live.follow(
        { tenantId: workspace.id, personId: person.id },
        {
          heard: (runId) => void say(`event: run\ndata: ${runId}\n\n`),
          ended: end,
        },
      )
      const check = setInterval(() => {
        versionFor(locals, request.headers).then(
          (version) => void (version === undefined ? end() : sayVersion(version)),
          (error: unknown) => {
            log.warn({ err: error }, 'live.not_checked')
            end()
          },
        )
      }, checkedEveryMs)
      release = () => {
        isOpen = false
        clearInterval(check)
        stop()
      }
      // The browser waits this long before it asks again.
      say('retry: 5000\n')
      sayVersion(locals.version)
    },
    cancel: () => release(),
  })
  return new Response(body, { headers })
}

/** What the pages stand on now; undefined where the reader may not be told any more. */
async function versionFor(locals: App.Locals, headers: Headers): Promise<string | undefined> {
  if (!(await mayStay(locals, headers))) return undefined
  const { asTenant, role } = locals
  return asTenant((tx) => readVersion(tx, may(role, 'read_deals')))
}

/** Whether the reader is still who they were, and still may look. */
async function mayStay(locals: App.Locals, headers: Headers): Promise<boolean> {
  const asker = await whoAsks(locals, headers, locals.workspace.slug)
  if (asker === undefined || asker === 'refused' || asker.person.id !== locals.person.id) return false
  const [access] = asker.access
  if (access?.workspace.id !== locals.workspace.id || !may(access.role, 'watch_sync')) return false
  return asker.person.hasSecondFactor || !access.workspace.requiresSecondFactor
}
