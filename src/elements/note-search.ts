import { changeInPlace } from './bring-up-to-date.ts'

const pauseMs = 250

/** Asks for the same page with what is typed, and puts its results, and all that speaks of them, in the place of what is there. */
class NoteSearch extends HTMLElement {
  #timer: number | undefined
  #asked: AbortController | undefined

  connectedCallback() {
    this.addEventListener('input', this.#typed)
  }

  disconnectedCallback() {
    this.removeEventListener('input', this.#typed)
    window.clearTimeout(this.#timer)
    this.#asked?.abort()
  }

  #typed = (event: Event) => {
    if (!(event.target instanceof HTMLInputElement) || event.target.type !== 'search') return
    window.clearTimeout(this.#timer)
    this.#timer = window.setTimeout(() => void this.#ask(), pauseMs)
  }

  async #ask() {
    const form = this.querySelector('form')
    const results = document.querySelector('[data-results]')
    if (!form || !results) return
    this.#asked?.abort()
    this.#asked = new AbortController()
    const fields = [...new FormData(form)].flatMap(([name, value]) =>
      typeof value === 'string' && value !== '' ? [[name, value]] : [],
    )
    const address = `${location.pathname}?${new URLSearchParams(fields).toString()}`
    const answer = await fetch(address, { signal: this.#asked.signal }).catch(() => null)
    if (!answer) return
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    // Also where they could not be read: what stood there answers another question.
    const found = page.querySelector('[data-results]')
    if (!found) return location.assign(address)
    results.replaceWith(found)
    history.replaceState(null, '', address)
    const status = document.querySelector('[data-found]')
    if (status) status.textContent = page.querySelector('[data-found]')?.textContent ?? ''
    // When a page changes, fields of forms stay as they are; these are not the reader's.
    const query = '.views [name=query]'
    for (const field of document.querySelectorAll<HTMLInputElement>(query))
      field.value = page.querySelector<HTMLInputElement>(query)?.value ?? ''
    for (const name of ['main > .head', '.views']) {
      const [here, fresh] = [document, page].map((of) => of.querySelector(name))
      if (here && fresh) changeInPlace(here, fresh)
    }
  }
}

customElements.define('note-search', NoteSearch)
