import { parseArgs } from 'node:util'
import { startEmbedded } from '../../drizzle/embedded.ts'
import { createTestDatabase } from '../support/database.ts'
import { clientTether } from './clienttether.ts'
import { hubSpot } from './hubspot.ts'
import { pipedrive } from './pipedrive.ts'
import { salesforce } from './salesforce.ts'
import type { Worlds } from './worlds.ts'

/**
 * Random worlds at length: `npm run test:worlds -- --worlds 10000 --seed 1`, spread over the four CRMs, or `--crm hubspot` for one
 * alone. What fails is named by its seed and path: `--crm hubspot --seed 107 --path 12:3:1` meets it again. Exits 1 when a world failed.
 */
const { values } = parseArgs({
  options: {
    worlds: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
    path: { type: 'string' },
    crm: { type: 'string' },
  },
})
const crms: Record<string, Worlds> = { clienttether: clientTether, hubspot: hubSpot, pipedrive, salesforce }
const chosen = Object.entries(crms).filter(([crm]) => crm === (values.crm ?? crm))
if (chosen.length === 0)
  throw new Error(`there is no ${values.crm}; there are: ${Object.keys(crms).join(', ')}`)

/** Worlds in one database: what they leave behind makes those that come later slower. */
const together = 50
const postgres = await startEmbedded({ fresh: true })
try {
  let failed = 0
  for (const [crm, worlds] of chosen)
    failed += await tryAll(crm, worlds, Math.ceil(Number(values.worlds) / chosen.length))
  process.exitCode = failed === 0 ? 0 : 1
} finally {
  await postgres.stop()
}

/** How many lots of worlds had one that failed. */
async function tryAll(crm: string, worlds: Worlds, count: number): Promise<number> {
  const startedMs = performance.now()
  const cpu = process.cpuUsage()
  let failed = 0
  for (let tried = 0; tried < count;) {
    const numRuns = Math.min(together, count - tried)
    const seed = Number(values.seed) + tried / together
    // Making a world smaller takes longer than hundreds of others: it is done when it is met again.
    const path = values.path === undefined ? { endOnFailure: true } : { path: values.path }
    await worlds(await createTestDatabase(postgres.url), { numRuns, seed, ...path }).catch(
      (error: unknown) => {
        failed += 1
        console.log(`${crm}:`, error)
      },
    )
    tried += numRuns
    const seconds = Math.round((performance.now() - startedMs) / 1_000)
    const { user, system } = process.cpuUsage(cpu)
    const each = Math.round((user + system) / 1_000 / tried)
    console.log(
      `${crm}: ${tried} of ${count} worlds, ${failed} lots failed, ${seconds} s, ${each} ms of this process's processor each`,
    )
  }
  return failed
}
