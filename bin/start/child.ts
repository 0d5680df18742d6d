import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Refusal } from '../exit.ts'

export type Child = {
  /** The address that the program serves, once it is up; rejects when its first start fails. */
  ready: Promise<string>
  /** Ends it; insists after some seconds. Returns when the process is gone. */
  stop: () => Promise<void>
}

const program = fileURLToPath(new URL('../tidemark.mjs', import.meta.url))
const insistMs = 8_000
const longestPauseMs = 30_000
/** After so long without trouble a crash counts as the first one again. */
const healthyMs = 60_000

/**
 * Runs one of our commands as a child and keeps it running: when it ends without being asked it is started again,
 * after a pause that grows with every crash. `args` and `env` are asked for at each start.
 */
export function supervise(options: {
  name: string
  args: () => string[]
  env: () => NodeJS.ProcessEnv
  say: (line: string) => void
}): Child {
  const { name, args, env, say } = options
  const ready = Promise.withResolvers<string>()
  const stopping = new AbortController()
  let child: ChildProcess | undefined
  const keepRunning = async () => {
    let crashes = 0
    let wasReady = false
    while (!stopping.signal.aborted) {
      const startedMs = Date.now()
      // Nobody types into it, and its words go where ours go.
      child = fork(program, args(), { env: env(), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      child.on('message', (message) => {
        wasReady = true
        ready.resolve((message as { ready: string }).ready)
      })
      const ended = await endOf(child)
      if (stopping.signal.aborted) return
      if (!wasReady) return ready.reject(new Refusal(`The ${name} did not start (${ended}).`))
      crashes = Date.now() - startedMs > healthyMs ? 1 : crashes + 1
      const pauseMs = Math.min(longestPauseMs, 500 * 2 ** crashes)
      say(`The ${name} ended (${ended}); it starts again in ${pauseMs / 1_000} s.`)
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const running = keepRunning()
  return {
    ready: ready.promise,
    stop: async () => {
      stopping.abort()
      child?.kill('SIGTERM')
      const insist = setTimeout(() => child?.kill('SIGKILL'), insistMs)
      await running
      clearTimeout(insist)
    },
  }
}

async function endOf(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    return signal ?? `exit code ${code}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
