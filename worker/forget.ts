import type { Database } from '../drizzle/db.ts'

/** Forgets the answers that were kept for requests with an Idempotency-Key, once they have expired. Gives how many. */
export async function forgetAnswers(database: Database): Promise<number> {
  const { rows } = await database.outsideTenants.query<{ forgotten: number }>(
    'select app.forget_answered_requests() as forgotten',
  )
  return rows[0]?.forgotten ?? 0
}

/** Forgets nudges of more than three days ago: no CRM sends one again after so long. Gives how many. */
export async function forgetNudges(database: Database): Promise<number> {
  const { rows } = await database.outsideTenants.query<{ forgotten: number }>(
    'select app.forget_nudges() as forgotten',
  )
  return rows[0]?.forgotten ?? 0
}
