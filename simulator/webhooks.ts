import type { Clock } from './clock.ts'
import type { WebhookOptions } from './webhook-options.ts'
import { Watch } from './webhook-watch.ts'
import type { WebhookEvent, WebhookWire } from './webhook-wire.ts'
import type { ListName, World } from './world.ts'

/** One attempt to send a message. `status` 0: nobody answered in time, or at all. */
export type SentWebhook = { attempt: number; events: number; status: number; isTaken: boolean }

type Message = { events: WebhookEvent[]; attempt: number; dueMs: number }

/** So often is looked at what happened, in milliseconds of wall time. */
const LOOK_EVERY_MS = 50
/** HubSpot sends so many at a time; of the others it is ASSUMED. */
const AT_ONCE = 10
const LATE_MS = 3_600_000
const COPIES = { repeated: 2, 'five-at-once': 5 } as const

/** What one account tells the outside of what happens in its world, from the moment this is made on. */
export class Webhooks {
  readonly sent: SentWebhook[] = []
  readonly #wire: WebhookWire
  readonly #options: WebhookOptions
  readonly #clock: Clock
  readonly #watch = new Watch()
  readonly #touched = new Map<string, { list: ListName; index: number }>()
  readonly #closing = new AbortController()
  readonly #timer: NodeJS.Timeout
  /** Plays the world up to the clock. */
  readonly #play: () => void
  #queue: Message[] = []
  #numbers = 0
  #sending: Promise<void> = Promise.resolve()

  constructor(wire: WebhookWire, options: WebhookOptions, clock: Clock, play: () => World) {
    this.#wire = wire
    this.#options = options
    this.#clock = clock
    this.#play = play
    const { people, deals, calendar } = play()
    for (const [list, { length }] of Object.entries({
      people,
      deals,
      activities: calendar.activities,
      notes: people,
    }))
      for (let index = 0; index < length; index++)
        for (const record of wire.recordsOf(list as ListName, index)) this.#watch.remember(record)
    this.#timer = setInterval(() => void this.settle(), LOOK_EVERY_MS).unref()
  }

  /** To be told of every row that may have changed. */
  touch(list: ListName, index: number): void {
    this.#touched.set(`${list} ${index}`, { list, index })
  }

  /** Sends what is due, and resolves when all of it was answered or given up for now. */
  settle(): Promise<void> {
    this.#play()
    this.#collect()
    return (this.#sending = this.#sending.then(() => this.#sendDue()))
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#closing.abort()
    this.#queue = []
    await this.#sending
  }

  /** Words what happened since the last look, each thing a millisecond after the one before. */
  #collect(): void {
    const touched = [...this.#touched.values()]
    this.#touched.clear()
    const nowMs = this.#clock.nowMs()
    const events = touched.flatMap(({ list, index }) =>
      this.#wire.recordsOf(list, index).flatMap((record) => {
        const change = this.#watch.changeOf(record)
        this.#numbers += 1
        return change === null
          ? []
          : this.#wire.eventsOf(change, this.#numbers, nowMs + (this.#numbers % 1_000))
      }),
    )
    const { fault } = this.#options
    if (fault === 'reordered') events.reverse()
    const dueMs = nowMs + (fault === 'late' ? LATE_MS : 0)
    for (let from = 0; from < events.length; from += this.#wire.eventsPerMessage)
      this.#queue.push({ events: events.slice(from, from + this.#wire.eventsPerMessage), attempt: 1, dueMs })
  }

  async #sendDue(): Promise<void> {
    const nowMs = this.#clock.nowMs()
    const due = this.#queue.filter(({ dueMs }) => dueMs <= nowMs)
    this.#queue = this.#queue.filter(({ dueMs }) => dueMs > nowMs)
    while (due.length > 0 && !this.#closing.signal.aborted)
      await Promise.all(due.splice(0, AT_ONCE).map((message) => this.#deliver(message)))
  }

  async #deliver(message: Message): Promise<void> {
    const { fault } = this.#options
    if (fault === 'five-at-once')
      await Promise.all(Array.from({ length: COPIES[fault] }, () => this.#send(message)))
    else
      for (let copy = fault === 'repeated' ? COPIES[fault] : 1; copy > 0; copy -= 1) await this.#send(message)
  }

  /** A redirect is not followed, and is a refusal. */
  async #send(message: Message): Promise<void> {
    const { address, user = '', secret = '', fault } = this.#options
    const { events, attempt } = message
    const isForged = fault === 'forged'
    const { headers, body } = this.#wire.write(events, {
      number: attempt,
      address,
      user,
      secret,
      sentAtMs: Date.now(),
      isForged,
    })
    const { status, text } = await this.#post(headers, body)
    const isTaken = this.#wire.isTaken(status, text)
    this.sent.push({ attempt, events: events.length, status, isTaken })
    const waitMs = this.#wire.waitsMs[attempt - 1]
    if (!isTaken && waitMs !== undefined)
      this.#queue.push({ events, attempt: attempt + 1, dueMs: this.#clock.nowMs() + waitMs })
  }

  async #post(headers: Record<string, string>, body: string): Promise<{ status: number; text: string }> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(this.#wire.patienceMs)])
    try {
      const answer = await fetch(this.#options.address, {
        method: 'POST',
        headers,
        body,
        redirect: 'manual',
        signal,
      })
      return { status: answer.status, text: await answer.text() }
    } catch {
      return { status: 0, text: '' }
    }
  }
}
