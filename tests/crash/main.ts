import { parseArgs } from 'node:util'
import { startEmbedded } from '../../drizzle/embedded.ts'
import { migrate } from '../../drizzle/migrate.ts'
import { campaign } from './campaign.ts'
import { plants } from './plants.ts'
import { planOf, shareOut } from './points.ts'

/**
 * The crash test at length: `npm run test:crash -- --points 500 --seed 7 --lanes 3`, and `--planted` (or `--plant NAME`) to see the
 * checker find every planted mistake within ten seeds. Exits 1 when something was lost, or a mistake was not found.
 */
const { values } = parseArgs({
  options: {
    points: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    lanes: { type: 'string', default: '2' },
    planted: { type: 'boolean', default: false },
    plant: { type: 'string' },
    only: { type: 'string', multiple: true },
  },
})
const postgres = await startEmbedded({ fresh: true })
let databases = 0

try {
  const isWell = values.planted || values.plant !== undefined ? await findPlants() : await crash()
  process.exitCode = isWell ? 0 : 1
} finally {
  await postgres.stop()
}

async function crash(): Promise<boolean> {
  const seed = Number(values.seed)
  const lanes = shareOut(planOf(seed, Number(values.points), values.only), Number(values.lanes))
  console.log(`seed ${seed}, ${values.points} points in ${lanes.length} lanes`)
  const urls: string[] = []
  // One after the other: two migrations at once in one cluster trip over its roles.
  for (const _ of lanes) urls.push(await freshDatabase())
  const reports = await Promise.all(
    lanes.map((plan, lane) => campaign({ url: urls[lane] ?? '', seed: seed + lane, plan })),
  )
  for (const { log, ...report } of reports) {
    console.log(report)
    if (report.complaints.length > 0) console.log(log.join('\n'))
  }
  return reports.every(({ complaints }) => complaints.length === 0)
}

async function findPlants(): Promise<boolean> {
  let areAllFound = true
  for (const { name, strikes } of plants) {
    if (values.plant !== undefined && name !== values.plant) continue
    let found: string | undefined
    let seed = Number(values.seed)
    for (let tries = 0; tries < 10 && found === undefined; tries += 1) {
      seed = Number(values.seed) + tries
      const report = await campaign({
        url: await freshDatabase(),
        seed,
        plan: planOf(seed, 20, strikes),
        plant: name,
        untilComplaint: true,
      })
      found = report.complaints[0]
      console.log(`${name}: seed ${seed}, ${report.seconds} s, ${found ?? 'not found'}`)
    }
    areAllFound &&= found !== undefined
  }
  return areAllFound
}

async function freshDatabase(): Promise<string> {
  databases += 1
  const url = new URL(postgres.url)
  const { default: pg } = await import('pg')
  const admin = new pg.Client({ connectionString: url.href })
  await admin.connect()
  await admin.query(`create database crash_${databases}`)
  await admin.end()
  url.pathname = `/crash_${databases}`
  await migrate(url.href)
  return url.href
}
