import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { quickly } from '../support/quickly.ts'
import type { Order } from './child.ts'
import { Gate } from './gate.ts'

const living = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/** One real worker process behind a door of its own. Loaded when made, begun by `begin`. */
export class Worker {
  readonly gate: Gate
  readonly log: string[] = []
  readonly #child: ChildProcess
  readonly #ready: Promise<void>
  readonly #gone: Promise<unknown>
  #isGone = false

  private constructor(gate: Gate, plant: string | null) {
    this.gate = gate
    this.#child = fork(`${import.meta.dirname}/child.ts`, plant === null ? [] : [plant], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--no-warnings', ...quickly],
      env: { PATH: process.env['PATH'] },
    })
    living.add(this.#child)
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log.push(...text.trimEnd().split('\n'))
      this.log.splice(0, this.log.length - 100)
    })
    this.#gone = once(this.#child, 'exit').then(() => {
      this.#isGone = true
      living.delete(this.#child)
    })
    this.#ready = Promise.race([
      once(this.#child, 'message').then(() => undefined),
      this.#gone.then(() => {
        throw new Error(`the worker ended before it began:\n${this.log.join('\n')}`)
      }),
    ])
    this.#ready.catch(() => undefined)
  }

  static async load(database: URL, plant: string | null): Promise<Worker> {
    return new Worker(await Gate.open(database), plant)
  }

  get isGone(): boolean {
    return this.#isGone
  }

  /** Starts it on the database as seen through its own door. */
  async begin(order: Order): Promise<void> {
    await this.#ready
    const url = new URL(order.databaseUrl)
    url.hostname = '127.0.0.1'
    url.port = String(this.gate.port)
    this.#child.send({ ...order, databaseUrl: url.href } satisfies Order)
  }

  /** Ends it without a word, and its connections with it. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    this.gate.shut()
    await this.#gone
  }

  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  wake(): void {
    this.#child.kill('SIGCONT')
  }

  /** Asks it to stop; false when it did not within the time. */
  async stop(withinMs: number): Promise<boolean> {
    this.#child.kill('SIGTERM')
    const limit = Promise.withResolvers<void>()
    const timer = setTimeout(limit.resolve, withinMs)
    await Promise.race([this.#gone, limit.promise])
    clearTimeout(timer)
    const isInTime = this.#isGone
    await this.kill()
    return isInTime
  }
}
