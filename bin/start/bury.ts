import { PgBoss } from 'pg-boss'
import { queueSchema, syncQueue } from '../../drizzle/migrate.ts'
import { reapDeadRuns } from '../../worker/schedule.ts'
import type { Installation } from '../installation.ts'

/**
 * Says "abandoned" over the runs that an earlier start left open when it was killed, and forgets their jobs, so that the
 * next runs need not wait until those workers have been silent for long enough. Only for a database that was down until
 * now and is ours alone: nobody can be working.
 */
export async function buryDeadRuns(installation: Installation): Promise<void> {
  await reapDeadRuns(await installation.connect('tidemark_worker'), 0)
  const boss = new PgBoss({
    connectionString: installation.config.DATABASE_URL,
    schema: queueSchema,
    migrate: false,
    supervise: false,
    schedule: false,
    max: 1,
  })
  // What goes wrong in the background is only a matter of speed: the queue is never the lock.
  boss.on('error', () => undefined)
  await boss.start()
  await boss.deleteAllJobs(syncQueue)
  await boss.stop({ graceful: false })
}
