import type { FaultName } from '../../simulator/main.ts'
import { Random } from '../../simulator/random.ts'
import { executeRun, type ExecuteOptions } from '../../worker/execute.ts'
import type { Arrangement, Client, Synced } from '../worker/arrange.ts'
import { truthAndCopy } from '../worker/truth.ts'
import { differencesOf, instantOf, sentence, Witness, type Fresh } from './differences.ts'
import { Memory } from './memory.ts'
import { crmName, meddle, spoil } from './mischief.ts'
import { overspent, useOf } from './share.ts'

/** What became of one connection so far. */
export type Record = {
  runs: { [status: string]: number }
  /** As the CRM counted them. */
  requests: number
  /** The greatest part of a day's share that was used, in per cent; above a hundred only where the share was made smaller. */
  mostOfShare: number
  /** How often each stream was given up for the share. */
  givenUp: { [stream: string]: number }
}

type LifeOptions = {
  all: Arrangement
  execution: ExecuteOptions
  client: Client
  witness: Witness
  /** What may go wrong. */
  faults: FaultName[]
  seed: number
  /** Hears what is wrong. */
  complain: (words: string) => void
}

/** One connection, hour by hour, and what was wrong with it. Its chances are its own, so that it lives the same without the others. */
export class Life {
  readonly record: Record = { runs: {}, requests: 0, mostOfShare: 0, givenUp: {} }
  readonly client: Client
  readonly #all: Arrangement
  readonly #execution: ExecuteOptions
  readonly #complain: (words: string) => void
  readonly #faults: FaultName[]
  readonly #memory: Memory
  readonly #random: Random
  readonly #witness: Witness
  #suspectRuns = 0

  constructor({ all, execution, client, witness, faults, seed, complain }: LifeOptions) {
    this.#all = all
    this.#execution = execution
    this.#complain = complain
    this.#faults = faults
    this.#memory = new Memory(all.db, client)
    this.#witness = witness
    this.client = client
    this.#random = new Random(seed, `month of ${crmName(client)}`)
  }

  /** Carries out a run that was claimed, while things may go wrong and people may be at work. `shownMs`: the CRM stands still since then. */
  async run(runId: string, shownMs: number): Promise<void> {
    const { tenantId, connectionId } = this.client
    const isMeddled = this.#random.chance(0.15)
    const isMoving = spoil(this.#all.simulator, this.client, this.#faults, this.#random)
    await this.#watch(shownMs, isMeddled || isMoving, async () => {
      const who = { tenantId, connectionId, runId }
      const hear: ExecuteOptions['hear'] = ({ event }) => {
        if (isMeddled && event === 'page.landed' && this.#random.chance(0.2))
          meddle(this.client, this.#random)
      }
      await executeRun({ ...this.#execution, hear }, who)
      return { ...(await this.client.readRun(runId)), events: [] }
    })
    this.#all.simulator.faults.clear()
  }

  /** Somebody looks at absences that were not believed three times, and says that they are right. */
  async attend(shownMs: number): Promise<void> {
    if (this.#suspectRuns < 3) return
    await this.#watch(shownMs, false, () => this.client.sync({ acceptAbsence: true }))
  }

  /** Somebody gives access again; with a new consent where the old one is lost, as it is with an answer that gave the next token. */
  async reconnect(): Promise<void> {
    const { account, tenantId, connectionId, storeSecret } = this.client
    if (account.grant?.uses().isRevoked === true) {
      const refreshToken = `consent of ${new Date().toISOString()}`
      account.grant.consent(refreshToken)
      await storeSecret('refreshToken', refreshToken)
    }
    await this.#all.db.query(
      `update connections set state = 'active', state_reason = null, next_due_at = clock_timestamp()
       where tenant_id = $1 and id = $2 and state = 'needs_reconnect'`,
      [tenantId, connectionId],
    )
  }

  /** Somebody sets a limit of the day that does not last for it, or has the documented one again. */
  async rule(): Promise<void> {
    const { used } = await useOf(this.#all, this.client)
    const limit = this.#random.chance(0.3) ? Math.round(used * 15 * (0.3 + this.#random.next() / 2)) : null
    await this.#all.db.query('update connections set quota_limit = $2 where id = $1', [
      this.client.connectionId,
      limit,
    ])
  }

  /** Nothing goes wrong any more, and all there is is read: complains about all that is not as the CRM has it. */
  async settle(how: { full?: boolean; acceptAbsence?: boolean }): Promise<void> {
    const { run } = await this.client.sync(how)
    if (how.full !== true) return
    const crm = crmName(this.client)
    if (run.status !== 'success')
      this.#complain(`${crm}: the last run was ${run.status}: ${run.error_detail}`)
    const left = differencesOf(await truthAndCopy(this.client))
    for (const difference of left) this.#complain(`at the end, ${crm}: ${sentence(difference)}`)
    this.record.requests = this.#all.simulator.ledger.count(undefined, this.client.account.webKey)
  }

  async #watch(shownMs: number, isMoving: boolean, sync: () => Promise<Synced>): Promise<void> {
    const { client } = this
    const use = await useOf(this.#all, client)
    const freshBefore = await client.freshness()
    const synced = await sync()
    const fresh = await client.freshness()
    const now = await truthAndCopy(await this.#memory.look(client))
    const { status } = synced.run
    this.#suspectRuns = status === 'suspect' ? this.#suspectRuns + 1 : 0
    // What somebody did during the run may have come after its list was read.
    const sinceMs = isMoving ? Date.now() : shownMs
    const wrong = [
      ...(await this.#count(use, synced)),
      ...youngerThanTold(synced, freshBefore, fresh),
      ...this.#witness.judge(differencesOf(now), fresh, sinceMs),
    ]
    const when = new Date(shownMs).toISOString()
    for (const words of wrong) this.#complain(`${when}, after ${status}, ${crmName(client)}: ${words}`)
  }

  async #count(before: Awaited<ReturnType<typeof useOf>>, synced: Synced): Promise<string[]> {
    const after = await useOf(this.#all, this.client)
    const { runs, givenUp, mostOfShare } = this.record
    runs[synced.run.status] = (runs[synced.run.status] ?? 0) + 1
    this.record.mostOfShare = Math.max(mostOfShare, Math.round((100 * after.used) / after.budget))
    for (const [stream, { error_code: code }] of Object.entries(synced.streams))
      if (code === 'E_QUOTA_SHARE') givenUp[stream] = (givenUp[stream] ?? 0) + 1
    return overspent(crmName(this.client), before, after, synced)
  }
}

/**
 * A stream that was read to its end says nothing later than that. One that was not says what it said before; or, where it ended what another
 * run had begun before it broke off itself, when that began.
 */
function youngerThanTold({ streams }: Synced, before: Fresh, after: Fresh): string[] {
  return Object.entries(streams).flatMap(
    ([stream, { status, started_at: startedAt, finished_at: finishedAt }]) => {
      const [was, is] = [instantOf(before[stream]), instantOf(after[stream])]
      const isRead = status === 'success' || status === 'partial'
      const most = instantOf(isRead ? finishedAt : startedAt)
      if (is === was || (is > was && is <= most)) return []
      return [`${stream} (${status}) says that it is fresh as of ${is}; before: ${was}`]
    },
  )
}
