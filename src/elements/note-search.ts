const pauseMs = 250

/** Asks for the same page with what is typed, and puts its results in the place of those that are there. */
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
  }
}

customElements.define('note-search', NoteSearch)
