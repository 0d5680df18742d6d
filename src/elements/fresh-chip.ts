import { ageInWords, staleSentence } from '../domain/staleness-words.ts'
import { everySoOften, serverNow } from './server-time.ts'

const staleAfterMinutes = Number(document.documentElement.dataset['staleAfter'])

/** Lets the chip, and with it the banner of the page, grow older in an open tab. */
class FreshChip extends HTMLElement {
  #stop: (() => void) | undefined

  connectedCallback() {
    this.#stop = everySoOften(this.#age)
  }

  disconnectedCallback() {
    this.#stop?.()
  }

  #age = () => {
    const time = this.querySelector('time')
    if (!time) return
    const minutes = Math.floor((serverNow().getTime() - Date.parse(time.dateTime)) / 60_000)
    time.textContent = `${ageInWords(Math.max(0, minutes))} ago`
    if (!(minutes >= staleAfterMinutes)) return
    const chip = this.querySelector<HTMLElement>('.chip')
    // A run that was under way when the page was read has not helped.
    if (chip?.dataset['tone'] === 'busy') time.nextSibling?.remove()
    if (chip) chip.dataset['tone'] = 'doubt'
    const place = this.closest('.top') && document.querySelector('[data-live=banner]')
    if (place) sayStale(place, minutes, this.querySelector('a')?.href ?? '')
  }
}

/** The banner that the server would write now, under the bar of the page. One that names something else stays. */
function sayStale(place: Element, minutes: number, href: string): void {
  const sentence = staleSentence(minutes)
  const old = place.querySelector('.banner b')
  if (old) {
    if (old.textContent.startsWith('Data is ')) old.textContent = sentence
    return
  }
  const banner = document.createElement('div')
  banner.className = 'banner'
  banner.role = 'status'
  place.append(banner)
  const words = document.createElement('b')
  words.textContent = sentence
  const link = document.createElement('a')
  link.href = href
  link.textContent = 'See sync status'
  banner.append(words, link)
}

customElements.define('fresh-chip', FreshChip)
