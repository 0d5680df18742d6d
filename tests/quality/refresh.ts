import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { connect } from '../../drizzle/db.ts'
import { runningEmbedded } from '../../drizzle/embedded.ts'
import { findWorkspace } from '../../src/queries/workspaces.ts'
import { bars, figure, median, type Finding } from './bars.ts'
import { openBrowser } from './chromium.ts'
import type { Demo } from './demo.ts'
import type { Place } from './places.ts'

const runs = 5

/**
 * How long an open page takes to show what a run brought: from the moment at which the worker's transaction says that it has ended,
 * until what the page shows was read anew.
 */
export async function measureRefresh(demo: Demo, { name, path, isPublic }: Place): Promise<Finding[]> {
  if (isPublic || !path.startsWith(`${demo.home}/`)) return []
  const { endRun, close: hangUp } = await announcer(demo)
  const { context, close } = await openBrowser(demo)
  try {
    const page = context.pages()[0] ?? (await context.newPage())
    const listening = page.waitForResponse((answer) => answer.url().endsWith('/events'))
    await page.goto(demo.url + path)
    await listening
    const shown: number[] = []
    for (let run = 0; run < runs; run++) {
      await sleep(500)
      const before = await page.evaluate(() => document.documentElement.dataset['now'])
      const startedMs = performance.now()
      await endRun()
      await page.waitForFunction((then) => document.documentElement.dataset['now'] !== then, before)
      shown.push(performance.now() - startedMs)
    }
    return [figure(name, 'Shown after a run, ms', Math.round(median(shown)), { most: bars.refreshMs })]
  } finally {
    await close()
    await hangUp()
  }
}

/** Says of the demo's client what a worker says when a run of it has ended. */
async function announcer({ folder, home }: Demo) {
  const url = await runningEmbedded(folder)
  if (url === undefined) throw new Error('the demo has no database')
  const onError = (error: Error) => console.error(error.message)
  const database = connect({ url, role: 'tidemark_web', max: 1, statementTimeoutMs: 10_000, onError })
  const workspace = await findWorkspace(database, home.replace('/w/', ''))
  const ended = JSON.stringify({ tenant: workspace?.id, connection: randomUUID(), run: randomUUID() })
  return {
    endRun: () => database.asOperator((tx) => tx.execute(sql`select pg_notify('tidemark_runs', ${ended})`)),
    close: () => database.close(),
  }
}
