import { Idiomorph } from 'idiomorph'
import { askOnce } from './ask-patiently.ts'

/** Whoever has waited so long for a page is told that it could not be had. */
const patienceMs = 15_000

/** What became of asking for a page again: it is shown, or its reader is signed out, may not see it any more, or got no answer. */
export type Catch = 'shown' | 'signed_out' | 'gone' | 'failed'

/** Asks for this page again and shows it in the place of what is there. */
export async function bringUpToDate(): Promise<Catch> {
  const asked = { headers: { accept: 'text/html' } }
  const answer = await askOnce(new URL(location.href), asked, AbortSignal.timeout(patienceMs))
  if (answer === undefined) return 'failed'
  if (answer.wasRedirected) return new URL(answer.url).pathname === '/sign-in' ? 'signed_out' : 'gone'
  if (!answer.isOk) return answer.status === 403 || answer.status === 404 ? 'gone' : 'failed'
  await showPage(new DOMParser().parseFromString(answer.text, 'text/html'))
  return 'shown'
}

/** Changes this page in place into a newer reading of it. Rows that were loaded below the first page are read again, too. */
export async function showPage(next: Document): Promise<void> {
  const list = document.querySelector<HTMLElement & { catchUp?: (page: Document) => Promise<void> }>(
    'load-more',
  )
  await list?.catchUp?.(next)
  for (const region of document.querySelectorAll<HTMLElement>('[data-live]')) {
    const fresh = next.querySelector(`[data-live="${region.dataset['live'] ?? ''}"]`)
    if (fresh) changeInPlace(region, fresh)
  }
  document.title = next.title
  takeOver(next, 'live-data', 'version')
  takeOver(next, 'html', 'now')
}

function takeOver(next: Document, name: 'live-data' | 'html', what: string): void {
  const value = next.querySelector<HTMLElement>(name)?.dataset[what]
  const here = document.querySelector<HTMLElement>(name)
  if (here && value !== undefined) here.dataset[what] = value
}

/** Changes what is in `region` into what is in `fresh`, as little as that takes. */
export function changeInPlace(region: Element, fresh: Element): void {
  void Idiomorph.morph(region, Array.from(fresh.childNodes), {
    morphStyle: 'innerHTML',
    ignoreActiveValue: true,
    restoreFocus: true,
    callbacks: {
      // What the reader has unfolded stays open, and what they have typed stays typed.
      beforeAttributeUpdated: (name: string, node: Element) =>
        !(name === 'open' && /^(DETAILS|DIALOG)$/.test(node.tagName)) &&
        !(/^(value|checked|selected)$/.test(name) && node.closest('form') !== null),
    },
  })
}
