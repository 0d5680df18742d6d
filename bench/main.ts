import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { copyLimit } from './copy.ts'
import { idleSync } from './idle.ts'
import { Stage } from './stage.ts'

// npm run bench -- --sizes 100000,1000000 --times 3 [--crm pipedrive]
// Over real HTTP from the simulator into snapshots and normalised rows, beside what the machine itself can do.

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '100000,1000000' },
    times: { type: 'string', default: '3' },
    crm: { type: 'string', default: 'clienttether' },
  },
})

type Line = { records: number; phase: string; recordsPerSecond: number; cpuSecondsPer100k: number } & Record<
  string,
  number | string
>
const lines: Line[] = []

for (const records of values.sizes.split(',').map(Number)) {
  for (let time = 1; time <= Number(values.times); time += 1) await measure(records)
}
const idleSeconds = await measureIdle()
report()

async function measure(records: number): Promise<void> {
  const stage = await Stage.set(records, values.crm)
  try {
    if (values.crm === 'clienttether') {
      add(records, 'limit: fetch and parse only', await stage.run('fetch.ts', [stage.baseUrl]))
      add(records, 'limit: the least a worker does', await stage.landLeast())
    }
    add(records, 'initial', await stage.sync())
    const copied = await copyLimit(stage.client)
    add(records, 'limit: COPY of the same rows', {
      seconds: copied.seconds,
      cpuSeconds: 0,
      rows: copied.rows,
    })
    await stage.client.query('vacuum analyze')
    add(records, 'unchanged', await stage.sync())
    await stage.editOnePercent()
    add(records, '1 % changed', await stage.sync())
  } finally {
    await stage.clear()
  }
}

/** The command line on a small account that stood still: how long it takes to find that there is nothing to do. */
async function measureIdle(): Promise<number[]> {
  const stage = await Stage.set(800)
  try {
    return await idleSync(stage, Math.max(5, Number(values.times)))
  } finally {
    await stage.clear()
  }
}

function add(
  records: number,
  phase: string,
  cost: { seconds: number; cpuSeconds: number } & Record<string, number | string | undefined>,
): void {
  const { seconds, cpuSeconds, ...rest } = cost
  const line = {
    records,
    phase,
    recordsPerSecond: Math.round(records / seconds),
    cpuSecondsPer100k: round((cpuSeconds / records) * 100_000),
    ...Object.fromEntries(
      Object.entries(rest).map(([key, value]) => [
        key,
        typeof value === 'number' ? round(value) : (value ?? ''),
      ]),
    ),
  }
  lines.push(line)
  console.error(JSON.stringify(line))
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

/** Medians per phase as a table, and every single measurement as JSON beside it. */
function report(): void {
  const phases = [...new Set(lines.map(({ records, phase }) => `${records}|${phase}`))]
  const table = phases.map((key) => {
    const of = lines.filter(({ records, phase }) => `${records}|${phase}` === key)
    const names = Object.keys(of[0] ?? {}).filter(
      (name) => typeof of[0]?.[name] === 'number' && name !== 'records',
    )
    return {
      records: of[0]?.records,
      phase: of[0]?.phase,
      ...Object.fromEntries(names.map((name) => [name, median(of.map((line) => Number(line[name])))])),
    }
  })
  console.table(table)
  console.log(
    `tidemark sync with nothing to do, start to exit: ${round(median(idleSeconds))} s (median of ${idleSeconds.length})`,
  )
  mkdirSync('artifacts', { recursive: true })
  const machine = {
    cores: cpus().length,
    model: cpus()[0]?.model,
    node: process.version,
    at: new Date().toISOString(),
  }
  writeFileSync('artifacts/bench.json', JSON.stringify({ machine, table, idleSeconds, lines }, null, 2))
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
