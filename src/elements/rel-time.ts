import { relativeTime } from '../format.ts'
import { everySoOften, serverNow } from './server-time.ts'

/** Lets "14 min ago" grow older in an open tab. */
class RelTime extends HTMLElement {
  #stop: (() => void) | undefined

  connectedCallback() {
    this.#stop = everySoOften(() => {
      const time = this.querySelector('time')
      if (time) time.textContent = relativeTime(new Date(time.dateTime), serverNow())
    })
  }

  disconnectedCallback() {
    this.#stop?.()
  }
}

customElements.define('rel-time', RelTime)
