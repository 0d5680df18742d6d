import { log, progress, settings, spinner, type ProgressResult, type SpinnerResult } from '@clack/prompts'
import type { RunEvent } from '../../worker/events.ts'
import { countsInWords, oneLine, placeOf, seconds, type Report } from './report.ts'

type Shown = { bar: ProgressResult | null; spinner: SpinnerResult; done: number }

/** A bar per stream where the CRM says how many records there are, a spinner where it does not. */
export function barReport(): Report {
  keepCtrlC()
  let shown: Shown | null = null
  const show = (fact: RunEvent) => {
    if (fact.event === 'page.landed') {
      shown ??= startOf(fact.stream, fact.total)
      const words = `${fact.stream}: ${countsInWords(fact.counts)}`
      const total = fact.total === null ? '' : ` of ${fact.total.toLocaleString('en-US')}`
      if (shown.bar === null) shown.spinner.message(words)
      else shown.bar.advance(fact.counts.fetched - shown.done, `${words}${total}`)
      shown.done = fact.counts.fetched
    }
    if (fact.event === 'stream.finished') {
      const words = `${fact.stream}: ${fact.status}, ${countsInWords(fact.counts)}, ${seconds(fact.ms)}`
      if (shown === null) log.step(words)
      else if (fact.reason === undefined) shown.spinner.stop(words)
      else shown.spinner.error(`${words}: ${oneLine(fact.reason)}`)
      shown = null
    }
  }
  return {
    heard: (connection, _runId, fact) => {
      if (fact.event === 'run.started') log.info(placeOf(connection))
      else show(fact)
    },
    ended: (connection, runId, { status, words }) => {
      shown?.spinner.clear()
      shown = null
      const line = runId === null ? `${placeOf(connection)}: ${words}` : `${status}: ${words}`
      if (status === 'success') log.success(line)
      else log.warn(line)
    },
    finished: () => undefined,
  }
}

function startOf(stream: string, total: number | null): Shown {
  const bar = total !== null && total > 0 ? progress({ max: total, size: 30 }) : null
  const spinning = bar ?? spinner()
  spinning.start(stream)
  return { bar, spinner: spinning, done: 0 }
}

/**
 * While something spins, the library reads the keys itself, and at Ctrl-C it would end the process in the middle of a
 * page. Here that key asks the run to stop, as it does elsewhere: the page lands, and the run says that it was cancelled.
 */
function keepCtrlC(): void {
  for (const [key, action] of settings.aliases) if (action === 'cancel') settings.aliases.delete(key)
  process.stdin.on('keypress', (_text: unknown, key: { ctrl: boolean; name: string }) => {
    if (key.ctrl && key.name === 'c') process.kill(process.pid, 'SIGINT')
  })
}
