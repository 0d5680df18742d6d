import { Idiomorph } from 'idiomorph'

/** Tabs that are not looked at are brought up to date when they are. */
const isHidden = () => document.hidden

/**
 * Keeps an open page up to date: when a run of its workspace ends, the same address is asked for again and what differs is
 * changed in place. Focus, what is typed, what is unfolded and where the reader stands stay as they are.
 */
class LiveData extends HTMLElement {
  #source: EventSource | undefined
  #isBehind = false

  connectedCallback() {
    this.#source = new EventSource(this.dataset['events'] ?? '')
    this.#source.addEventListener('run', this.#hear)
    document.addEventListener('visibilitychange', this.#look)
  }

  disconnectedCallback() {
    this.#source?.close()
    document.removeEventListener('visibilitychange', this.#look)
  }

  #hear = () => {
    this.#isBehind = true
    this.#look()
  }

  #look = () => {
    if (this.#isBehind && !isHidden()) void this.#bringUpToDate()
  }

  async #bringUpToDate() {
    this.#isBehind = false
    if (await bringUpToDate()) this.dispatchEvent(new CustomEvent('brought-up-to-date', { bubbles: true }))
    else this.#isBehind = true
  }
}

/** Asks for this page again and shows it; false when it could not be had. */
export async function bringUpToDate(): Promise<boolean> {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } }).catch(() => undefined)
  if (!answer?.ok || answer.redirected) return false
  await showPage(new DOMParser().parseFromString(await answer.text(), 'text/html'))
  return true
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
  // The chip has put up a banner of its own when the page grew old.
  for (const banner of document.querySelectorAll('.top + .banner')) banner.remove()
  document.title = next.title
}

function changeInPlace(region: Element, fresh: Element): void {
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

customElements.define('live-data', LiveData)
