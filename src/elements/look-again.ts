import { bringUpToDate } from './bring-up-to-date.ts'

/** Stands on a page that shows something under way, and shows it every `data-seconds` as it is by then: in place, so that nobody loses where they are. */
class LookAgain extends HTMLElement {
  #timer: number | undefined
  #isAsking = false

  connectedCallback() {
    this.#timer = window.setInterval(() => void this.#look(), Number(this.dataset['seconds']) * 1_000)
  }

  disconnectedCallback() {
    window.clearInterval(this.#timer)
  }

  async #look() {
    if (document.hidden || this.#isAsking) return
    this.#isAsking = true
    await bringUpToDate()
    this.#isAsking = false
  }
}

customElements.define('look-again', LookAgain)
