import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { none, type Finding } from './bars.ts'
import { measureCharts } from './charts.ts'
import { ask, startDemo, type Demo } from './demo.ts'
import { endWhenTold } from './ending.ts'
import { walk } from './keyboard.ts'
import { checkLayout, checkLongWords } from './layout.ts'
import { measuredPlaces, type Place } from './places.ts'
import { measureRefresh } from './refresh.ts'
import { measureSpeed } from './speed.ts'
import { validate } from './validity.ts'
import { measureTurn, measureVitals } from './vitals.ts'
import { weigh } from './weight.ts'

/**
 * `npm run quality`: the real program with the invented clients, each page measured against the bars of the design. Exits 1 when
 * any is missed. `-- --only pipeline --no-speed` looks at one page and leaves out what takes minutes and wants a quiet machine.
 */
const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, speed: { type: 'boolean', default: true } },
  allowNegative: true,
})
const artifacts = join(import.meta.dirname, '../../artifacts')

endWhenTold()
const demo = await startDemo()
try {
  const places = (await measuredPlaces(demo)).filter(({ name }) => values.only?.includes(name) ?? true)
  const findings: Finding[] = values.only === undefined ? measureCharts() : []
  for (const finding of findings) console.log(line(finding))
  for (const place of places) {
    const found = await measure(demo, place).catch((error: unknown) => [
      none(place.name, 'Could be measured', [String(error)]),
    ])
    for (const finding of found) console.log(line(finding))
    findings.push(...found)
  }
  await mkdir(artifacts, { recursive: true })
  await writeFile(join(artifacts, 'quality.json'), JSON.stringify(findings, null, 2))
  const missed = findings.filter(({ isMet }) => !isMet)
  console.log(`\n${findings.length - missed.length} bars met, ${missed.length} missed`)
  for (const finding of missed) console.log(line(finding))
  process.exitCode = missed.length === 0 ? 0 : 1
} finally {
  await demo.stop()
}

/** One after the other: two at a time would measure each other. */
async function measure(of: Demo, place: Place): Promise<Finding[]> {
  const { status } = await ask(of, place)
  if (status !== (place.status ?? 200)) return [none(place.name, 'Answer', [String(status)])]
  return [
    ...(await weigh(of, place)),
    await validate(of, place),
    await walk(of, place),
    await checkLayout(of, place),
    await checkLongWords(of, place),
    ...(values.speed
      ? [
          ...(await timed(measureVitals, of, place)),
          ...(await timed(measureTurn, of, place)),
          ...(await timed(measureRefresh, of, place)),
          // Lighthouse does not look at what answers with an error.
          ...(place.status === undefined ? await timed(measureSpeed, of, place) : []),
        ]
      : []),
  ]
}

/** Times differ by a sixth from one run to the next: what misses a bar is measured once more before it fails, and says so. */
async function timed(
  take: (demo: Demo, place: Place) => Promise<Finding[]>,
  of: Demo,
  place: Place,
): Promise<Finding[]> {
  const first = await take(of, place)
  const missed = first.filter(({ isMet }) => !isMet)
  for (const finding of missed) console.log(`${line(finding)}  (measured again)`)
  return missed.length === 0 ? first : take(of, place)
}

function line({ place, what, value, bar, isMet }: Finding): string {
  return `${isMet ? '✓' : '✗'} ${place.padEnd(24)} ${what.padEnd(26)} ${value.padStart(8)}  ${bar}`
}
