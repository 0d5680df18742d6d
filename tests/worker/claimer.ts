import { connect } from '../../drizzle/db.ts'
import { claimDueSlots } from '../../worker/schedule.ts'

// A process that claims slots like a worker, a few at a time so that several of them have to share, and tells what it got.
const database = connect({
  url: process.argv[2] ?? '',
  role: 'tidemark_worker',
  max: 2,
  statementTimeoutMs: 30_000,
  onError: (error) => console.error(error),
})
await database.outsideTenants.query('select 1')
process.send?.('ready')
process.once('message', () => void claim())

async function claim(): Promise<void> {
  const claimed: string[] = []
  for (let emptyHanded = 0; emptyHanded < 3;) {
    const runs = await claimDueSlots(database, '0 * * * *', 7)
    claimed.push(...runs.map(({ connectionId }) => connectionId))
    emptyHanded = runs.length === 0 ? emptyHanded + 1 : 0
  }
  await database.close()
  process.send?.(claimed, () => process.disconnect?.())
}
