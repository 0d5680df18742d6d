import { relativeTime } from '../domain/relative-time.ts'
import { bringUpToDate, type Catch } from './bring-up-to-date.ts'
import { everySoOften, serverNow } from './server-time.ts'

/** The stream says twice a minute where the workspace stands. One that has been silent for longer has ended without a word. */
const silentMs = 75_000

/** What becomes due, and a new day, nobody announces: a page that is looked at is never older than this. */
const oldMs = 300_000
/** What is shown to whoever comes back to a page is never older than this. */
const oldOnReturnMs = 30_000

/**
 * Keeps an open page up to date. The stream of its workspace says which version is current, at its beginning and from then on; when
 * that is another one than the page shows, or a run ends, the same address is asked for again and what differs is changed in place.
 * Focus, what is typed, what is unfolded and where the reader stands stay as they are. A page that nobody looks at listens to
 * nothing: browsers open few connections to one place. It asks as soon as it is looked at again, and where it gets no answer, it
 * says so. A page of no workspace has no stream, and is asked for again now and then.
 */
class LiveData extends HTMLElement {
  #source: EventSource | undefined
  /** When the stream was last asked for, or said something. */
  #heardAtMs = 0
  /** Attempts to listen without a word since. */
  #failures = 0
  #isAsking = false
  #isBehind = false
  #stopLooking: (() => void) | undefined

  connectedCallback() {
    document.addEventListener('visibilitychange', this.#turn)
    window.addEventListener('pageshow', this.#return)
    window.addEventListener('pagehide', this.#hush)
    window.addEventListener('online', this.#listen)
    window.addEventListener('offline', this.#lost)
    window.addEventListener('focus', this.#lookAgain)
    this.#stopLooking = everySoOften(this.#look)
    if (this.dataset['events'] === undefined) this.#heardAtMs = Date.now()
    else this.#listen()
  }

  disconnectedCallback() {
    document.removeEventListener('visibilitychange', this.#turn)
    window.removeEventListener('pageshow', this.#return)
    window.removeEventListener('pagehide', this.#hush)
    window.removeEventListener('online', this.#listen)
    window.removeEventListener('offline', this.#lost)
    window.removeEventListener('focus', this.#lookAgain)
    this.#stopLooking?.()
    this.#hush()
  }

  #turn = () => {
    if (document.hidden) return this.#hush()
    this.#listen()
    this.#lookAgain()
  }

  /** Out of the cache of the browser a page comes as it was left. */
  #return = (event: PageTransitionEvent) => {
    if (event.persisted) this.#turn()
  }

  #hush = () => {
    this.#source?.close()
    this.#source = undefined
  }

  #look = () => this.#askIfOlder(oldMs)
  #lookAgain = () => this.#askIfOlder(oldOnReturnMs)

  #askIfOlder(mostMs: number) {
    if (document.hidden) return
    if (Date.now() - this.#heardAtMs > silentMs) this.#listen()
    if (ageMs() > mostMs) this.#catchUp()
  }

  #listen = () => {
    this.#hush()
    if (document.hidden) return
    this.#heardAtMs = Date.now()
    const { events } = this.dataset
    if (events === undefined) return this.#catchUp()
    this.#source = new EventSource(events)
    this.#source.addEventListener('version', this.#hear)
    this.#source.addEventListener('run', this.#catchUp)
    this.#source.addEventListener('error', this.#lost)
  }

  #hear = (event: MessageEvent<string>) => {
    this.#heardAtMs = Date.now()
    this.#failures = 0
    // The same version says nothing of what became due since.
    if (event.data !== this.dataset['version'] || ageMs() > oldMs) this.#catchUp()
    else this.replaceChildren()
  }

  #lost = () => {
    this.#failures += 1
    if (!navigator.onLine) return this.#say('You’re offline.', undefined)
    // Refused, not cut: the page itself says why.
    if (this.#source?.readyState === EventSource.CLOSED) return this.#catchUp()
    // A stream is cut now and then, and the browser asks for it again.
    if (this.#failures > 1) this.#sayLost()
  }

  #catchUp = () => {
    this.#isBehind = true
    if (!this.#isAsking) void this.#ask()
  }

  async #ask() {
    this.#isAsking = true
    let outcome: Catch | undefined
    while (this.#isBehind) {
      this.#isBehind = false
      outcome = await bringUpToDate()
    }
    this.#isAsking = false
    if (outcome === 'shown') this.replaceChildren()
    else if (outcome === 'failed') this.#sayLost()
    else this.#leave(outcome === 'signed_out')
  }

  /** What is on this page is not for its reader any more. Words that were typed go with it only when they want that. */
  #leave(isSignedOut: boolean) {
    if (!hasTyped()) return location.reload()
    const link = document.createElement('a')
    link.href = location.href
    link.target = '_blank'
    link.textContent = isSignedOut ? 'Sign in' : 'Look again'
    this.#say(isSignedOut ? 'You were signed out.' : 'This page is not here for you any more.', link)
  }

  #sayLost() {
    const again = document.createElement('button')
    again.type = 'button'
    again.className = 'link'
    again.textContent = 'Try again'
    again.addEventListener('click', () => {
      this.#listen()
      this.#catchUp()
    })
    this.#say('This page could not be brought up to date.', again)
  }

  /** A line under the bar: what is the matter, from when the page is, and what to do. */
  #say(words: string, deed: HTMLElement | undefined) {
    if (this.querySelector('b')?.textContent === words) return
    const said = document.createElement('b')
    said.textContent = words
    const time = document.createElement('time')
    time.dateTime = readAt()
    time.textContent = relativeTime(new Date(time.dateTime), serverNow())
    const age = document.createElement('rel-time')
    age.append(time)
    const since = document.createElement('span')
    since.className = 'why'
    since.append('It was read ', age, '.')
    const banner = document.createElement('div')
    banner.className = 'banner'
    banner.append(said, ' ', since, ...(deed ? [' ', deed] : []))
    this.replaceChildren(banner)
  }
}

/** When the server made what this page shows. */
const readAt = () => document.documentElement.dataset['now'] ?? ''

const ageMs = () => serverNow().getTime() - Date.parse(readAt())

const hasTyped = () =>
  document.querySelector('dialog[open] form') !== null ||
  [...document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('main input, main textarea')].some(
    ({ value, defaultValue, type }) => value !== defaultValue && type !== 'search',
  )

customElements.define('live-data', LiveData)
