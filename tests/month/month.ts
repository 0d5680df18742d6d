import type { AccountOptions } from '../../simulator/main.ts'
import { executionOf } from '../../worker/run-now.ts'
import { claimDueSlots } from '../../worker/schedule.ts'
import { makePartitions } from '../../worker/snapshot.ts'
import { brokenInvariants } from '../invariants.ts'
import type { TestDatabase } from '../support/database.ts'
import { arrangeOn, type Arrangement } from '../worker/arrange.ts'
import { accountsOf, settingsOf } from './accounts.ts'
import { Witness } from './differences.ts'
import { Life, type Record as LifeRecord } from './life.ts'
import { crmName, faultsOf } from './mischief.ts'
import { MovedTime } from './time.ts'

export type MonthOptions = {
  /** Migrated, empty, and not opened by anybody yet. */
  database: TestDatabase
  seed: number
  days: number
  /** One CRM alone; it lives as it does among the others. */
  crm?: string | undefined
  /** Stop at the first complaint: enough for a planted mistake. */
  untilComplaint?: boolean
  /** Hears each complaint as it comes, and of each day that is over. */
  tell?: (words: string) => void
}

/** What a month came to. All was well when there is no complaint. */
export type Report = {
  seed: number
  from: string
  hours: number
  crms: Record<string, LifeRecord>
  /** How often each fault fired. */
  faults: Record<string, number>
  complaints: string[]
  seconds: number
  /** Of worker, simulator and checker; the database's are its own. */
  cpuSeconds: number
}

const hourMs = 3_600_000
const cron = '0 * * * *'

/** Lets four CRMs and their copies live for some days, an hour at a time, while people work in them and things go wrong. */
export async function month(options: MonthOptions): Promise<Report> {
  const { seed, days, database, crm, tell = () => undefined } = options
  const startedMs = performance.now()
  const cpu = process.cpuUsage()
  const startAt = new Date(Date.UTC(2026, 0, 20 + ((seed * 23) % 330)))
  const time = await MovedTime.in(database.url)
  await time.moveTo(startAt.getTime())
  const nameOf = (account: AccountOptions) => account.crm ?? 'clienttether'
  const accounts = accountsOf(seed, startAt).filter((account) => nameOf(account) === (crm ?? nameOf(account)))
  const all = await arrangeOn(database, accounts)
  const execution = await executionOf(all.worker, all.database, new AbortController().signal)
  const complaints: string[] = []
  const complain = (words: string) => {
    complaints.push(words)
    tell(`WRONG: ${words}`)
  }
  const lives: Life[] = []
  for (const account of accounts) {
    const settings = settingsOf(seed, account)
    const client = await all.connect(account.webKey, settings)
    const own = { client, witness: new Witness(client, settings), faults: faultsOf(client, settings) }
    lives.push(new Life({ all, execution, ...own, seed, complain }))
  }
  // Each CRM's documented limit, and the share that a connection has unless somebody says otherwise.
  await all.db.query('update connections set quota_limit = null, next_due_at = $1', [startAt])
  let hours = 0
  const nextHour = async (): Promise<number> => {
    hours += 1
    const nowMs = startAt.getTime() + hours * hourMs
    all.simulator.advance(hourMs)
    await time.moveTo(nowMs)
    await makePartitions(all.database)
    return nowMs
  }
  try {
    for (let left = days * 24; left > 0; left -= 1) {
      if (options.untilComplaint && complaints.length > 0) break
      await liveHour(all, lives, await nextHour())
      if (hours % 24 === 0) tell(`seed ${seed}: ${hours / 24} days are over`)
    }
    if (!options.untilComplaint || complaints.length === 0) {
      for (const life of lives) await life.reconnect()
      await all.db.query(`update connections set state = 'active', quota_limit = 1000000000`)
      for (const how of [{}, {}, { full: true, acceptAbsence: true }]) {
        await nextHour()
        for (const life of lives) await life.settle(how)
      }
      for (const { name, rows } of await brokenInvariants(all.url))
        complain(`${name}: ${rows.length} rows, ${JSON.stringify(rows.slice(0, 2))}`)
    }
  } finally {
    await time.close()
    await all.close()
  }
  return {
    seed,
    from: startAt.toISOString().slice(0, 10),
    hours,
    crms: Object.fromEntries(lives.map(({ client, record }) => [crmName(client), record])),
    faults: all.simulator.faults.counts(),
    complaints,
    seconds: Math.round((performance.now() - startedMs) / 100) / 10,
    cpuSeconds: cpuSecondsSince(cpu),
  }
}

function cpuSecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return Math.round((user + system) / 100_000) / 10
}

/** What the worker's own schedule says is due is carried out, one after the other; access that was refused is given again. */
async function liveHour(all: Arrangement, lives: Life[], nowMs: number): Promise<void> {
  if (new Date(nowMs).getUTCHours() === 8) for (const life of lives) await life.rule()
  const { rows: refused } = await all.db.query<{ id: string }>(
    `select id from connections where state = 'needs_reconnect' and state_since < clock_timestamp() - interval '2 hours'`,
  )
  for (const { id } of refused) await lives.find(({ client }) => client.connectionId === id)?.reconnect()
  for (const life of lives) await life.attend(nowMs)
  for (const { connectionId, runId } of await claimDueSlots(all.database, cron))
    await lives.find(({ client }) => client.connectionId === connectionId)?.run(runId, nowMs)
}
