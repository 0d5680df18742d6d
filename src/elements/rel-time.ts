import { relativeTime } from '../domain/relative-time.ts'
import { everySoOften, serverNow } from './server-time.ts'

const staleAfterMs = Number(document.documentElement.dataset['staleAfter']) * 60_000

/** Lets "14 min ago" grow older in an open tab, and with it the figure or the list that says so of itself. */
class RelTime extends HTMLElement {
  #stop: (() => void) | undefined

  connectedCallback() {
    this.#stop = everySoOften(() => {
      const time = this.querySelector('time')
      if (!time) return
      const at = new Date(time.dateTime)
      const now = serverNow()
      time.textContent = relativeTime(at, now)
      const isStale = now.getTime() - at.getTime() > staleAfterMs
      if (isStale) this.closest('.kpis > div, .as-of')?.setAttribute('data-stale', '')
    })
  }

  disconnectedCallback() {
    this.#stop?.()
  }
}

customElements.define('rel-time', RelTime)
