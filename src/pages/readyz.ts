import type { Database } from '../../drizzle/db.ts'
import { pendingMigrations, secondsSinceHeartbeat } from '../queries/health.ts'
import { api, json } from '../server/answers.ts'

type Part = { ok: boolean; message: string }

/** A worker that has not been heard of for longer than this is not counted on. */
const silenceSeconds = 60

/** Whether everything that fresh pages need is there; 503 names the part that is not. */
export const GET = api(async ({ locals: { database } }) => {
  const migrations = await checkMigrations(database)
  const parts = {
    database: migrations ? { ok: true, message: 'answers' } : { ok: false, message: 'does not answer' },
    migrations: migrations ?? unknown,
    worker: migrations ? await checkWorker(database) : unknown,
  }
  const isReady = Object.values(parts).every(({ ok }) => ok)
  return json({ status: isReady ? 'ok' : 'failing', parts }, isReady ? 200 : 503)
})

const unknown: Part = { ok: false, message: 'unknown while the database does not answer' }

async function checkMigrations(database: Database): Promise<Part | undefined> {
  const pending = await pendingMigrations(database).catch(() => undefined)
  if (!pending) return undefined
  return pending.length === 0
    ? { ok: true, message: 'up to date' }
    : { ok: false, message: `to be applied: ${pending.join(', ')}` }
}

async function checkWorker(database: Database): Promise<Part> {
  const seconds = await secondsSinceHeartbeat(database)
  if (seconds === null) return { ok: false, message: 'no worker was ever heard of' }
  return { ok: seconds < silenceSeconds, message: `last heard of ${Math.floor(seconds)} s ago` }
}
