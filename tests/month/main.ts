import { parseArgs } from 'node:util'
import pg from 'pg'
import { startEmbedded } from '../../drizzle/embedded.ts'
import { migrate } from '../../drizzle/migrate.ts'
import type { TestDatabase } from '../support/database.ts'
import type { Report } from './month.ts'
import { plants } from './plants.ts'
import { plantInto } from './sow.ts'

/**
 * The month at length: `npm run test:month -- --seeds 20 --seed 1 --days 30`, `--crm hubspot` for one CRM alone, and `--plant NAME` to
 * see the checker find a planted mistake. Exits 1 when something was wrong, or the mistake was not found.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    days: { type: 'string', default: '30' },
    crm: { type: 'string' },
    plant: { type: 'string' },
  },
})
const plant = plants.find(({ name }) => name === values.plant)
if (values.plant !== undefined && plant === undefined)
  throw new Error(
    `there is no plant ${values.plant}; there are: ${plants.map(({ name }) => name).join(', ')}`,
  )
if (plant !== undefined) plantInto(plant)
const { month } = await import('./month.ts')
const postgres = await startEmbedded({ fresh: true })
const first = Number(values.seed)

try {
  let wrong = 0
  for (let seed = first; seed < first + Number(values.seeds); seed += 1) {
    const report = await month({
      database: await freshDatabase(seed),
      seed,
      days: Number(values.days),
      crm: values.crm,
      untilComplaint: plant !== undefined,
      tell: (words) => console.log(words),
    })
    say(report)
    wrong += report.complaints.length
    if (plant !== undefined && wrong > 0) break
  }
  process.exitCode = wrong > 0 === (plant !== undefined) ? 0 : 1
} finally {
  await postgres.stop()
}

function say({ complaints, crms, faults, ...report }: Report): void {
  console.log(
    `seed ${report.seed}, ${report.hours} hours from ${report.from}, ${report.seconds} s, ${report.cpuSeconds} s of this process's processor`,
  )
  for (const [crm, record] of Object.entries(crms)) console.log(`  ${crm}: ${JSON.stringify(record)}`)
  console.log(`  faults: ${JSON.stringify(faults)}`)
  console.log(`  ${complaints.length} differences`)
}

async function freshDatabase(seed: number): Promise<TestDatabase> {
  await asAdmin(`create database month_${seed}`)
  const url = new URL(postgres.url)
  url.pathname = `/month_${seed}`
  await migrate(url.href)
  return { url: url.href, drop: () => asAdmin(`drop database month_${seed} with (force)`) }
}

async function asAdmin(statement: string): Promise<void> {
  const admin = new pg.Client({ connectionString: postgres.url })
  await admin.connect()
  await admin.query(statement)
  await admin.end()
}
