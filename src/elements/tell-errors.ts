import { toasts } from './toast.ts'

/** Of one page so many are told: the first say the most, and a fault that comes again and again asks nobody a thousand times. */
let left = 3

window.addEventListener('error', ({ error, filename, lineno, colno }) =>
  tell(error, `${filename}:${lineno}:${colno}`),
)
window.addEventListener('unhandledrejection', (event) => {
  if (isLeftOut(event.reason)) event.preventDefault()
  else tell(event.reason, '')
})

/**
 * Whether a transition between pages did not take place, which is no fault: whoever goes on at once cuts it short. Browsers say so as of
 * something that failed (https://github.com/w3c/csswg-drafts/issues/13726, read 2026-11-23).
 */
const isLeftOut = (reason: unknown): boolean =>
  reason instanceof DOMException && /transition/i.test(reason.message)

/** Tells the server what failed in a file of ours, and the reader that something did. What an extension of the browser does is its own. */
function tell(thrown: unknown, place: string) {
  const {
    name,
    message,
    stack = place,
  } = thrown instanceof Error ? thrown : { name: typeof thrown, message: '' }
  const frames = stack.split(location.origin).flatMap((rest) => /^\/_\/[\w.-]+:\d+:\d+/.exec(rest) ?? [])
  if (frames.length === 0 || left === 0) return
  left -= 1
  const { pathname } = location
  const workspace = /^\/w\/([^/]+)/.exec(pathname)?.[1]
  const report = { page: pathname, name, message: message.slice(0, 500), frames: frames.slice(0, 5) }
  navigator.sendBeacon(
    `/api/v1/browser-errors${workspace === undefined ? '' : `?workspace=${workspace}`}`,
    new Blob([JSON.stringify(report)], { type: 'application/json' }),
  )
  document.body.append(toasts)
  toasts.say(
    'Something on this page failed, and was noted. Load the page again if it does not work.',
    undefined,
  )
}
