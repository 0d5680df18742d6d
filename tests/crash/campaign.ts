import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Random } from '../../simulator/random.ts'
import { brokenInvariants } from '../invariants.ts'
import { aheadOfData } from './ahead.ts'
import { CrmGate } from './crm-gate.ts'
import { atTheLastPublish, type Point } from './points.ts'
import { Probe } from './probe.ts'
import { strike } from './strike.ts'
import { addTenant, installationSecret, type Connections } from './tenant.ts'
import { differences } from './truth.ts'
import { Worker } from './worker.ts'
import { secretOfTheCrm, World } from './world.ts'

export type CampaignOptions = {
  /** An empty, migrated database of the campaign's own; the login is its owner. */
  url: string
  seed: number
  /** Where to strike, in this order. */
  plan: Point[]
  plant?: string
  /** Stop at the first complaint: enough for a planted mistake. */
  untilComplaint?: boolean
}

/** What a campaign found. It is won when every list of complaints is empty. */
export type Report = {
  seed: number
  fired: Record<string, number>
  complaints: string[]
  runs: Record<string, number>
  looks: number
  seconds: number
  log: string[]
}

// A lease of two seconds: long enough for a worker on a busy machine, short enough to wait for.
const times = { leaseSeconds: 2, beatSeconds: 0.5, silenceSeconds: 2.2 }
const overMs = times.silenceSeconds * 1_000 + 100
// From its claim to what it publishes a run takes up to half a minute on a slow machine with other work.
const mostWaitMs = 40_000
// Three quiet runs of two connections, with those before them that still bring something.
const mostRestMs = 300_000

/** Strikes a worker at every place of the plan, starting a fresh one each time, while two CRMs go on changing; then asks whether all is well. */
export async function campaign(options: CampaignOptions): Promise<Report> {
  const startedMs = performance.now()
  const campaign = await Campaign.open(options)
  try {
    await campaign.strikeAll()
    await campaign.settle()
  } finally {
    await campaign.close()
  }
  return { ...campaign.report, seconds: Math.round((performance.now() - startedMs) / 100) / 10 }
}

class Campaign {
  readonly report: Report
  readonly #options: CampaignOptions
  readonly #random: Random
  readonly #world: World
  readonly #crms: CrmGate[]
  readonly #client: pg.Client
  readonly #connections: Connections
  readonly #probe: Probe
  #next: Promise<Worker>
  #worker: Worker | null = null

  private constructor(
    options: CampaignOptions,
    world: World,
    crms: CrmGate[],
    client: pg.Client,
    connections: Connections,
  ) {
    this.#options = options
    this.#random = new Random(options.seed, 'campaign')
    this.#world = world
    this.#crms = crms
    this.#client = client
    this.#connections = connections
    this.#probe = new Probe(options.url, world, connections)
    this.#next = this.#load()
    this.report = {
      seed: options.seed,
      fired: {},
      complaints: this.#probe.complaints,
      runs: {},
      looks: 0,
      seconds: 0,
      log: [],
    }
  }

  static async open(options: CampaignOptions): Promise<Campaign> {
    const world = await World.make(options.seed)
    const crms = await Promise.all([CrmGate.open(world.clientTether), CrmGate.open(world.quayside.answer)])
    const client = new pg.Client({ connectionString: options.url, application_name: 'crash campaign' })
    await client.connect()
    const [clientTether = '', quayside = ''] = crms.map(({ url }) => url)
    const secrets = { accessToken: secretOfTheCrm, webKey: world.webKey, key: secretOfTheCrm }
    const connections = await addTenant(client, { clientTether, quayside }, secrets)
    const campaign = new Campaign(options, world, crms, client, connections)
    await campaign.#probe.start()
    world.start()
    return campaign
  }

  async strikeAll(): Promise<void> {
    const plan = [...this.#options.plan]
    const misses = new Map<string, number>()
    for (let point = plan.shift(); point !== undefined; point = plan.shift()) {
      if (this.#options.untilComplaint && this.report.complaints.length > 0) return
      const hasFired = await this.#strike(point)
      const missed = (misses.get(point.name) ?? 0) + 1
      if (!hasFired && missed <= 3) {
        misses.set(point.name, missed)
        plan.push(point)
      }
    }
  }

  /** The world stands still; a few runs later the copy must equal it and nothing may be left open. */
  async settle(): Promise<void> {
    const { complaints } = this.report
    if (this.#options.untilComplaint && complaints.length > 0) return
    this.#world.stop()
    await this.#strike(atTheLastPublish)
    const stoppedAt = new Date()
    const worker = await this.#working()
    if (!(await this.#untilQuiet(stoppedAt))) complaints.push('the copy did not come to rest')
    if (!(await worker.stop(15_000))) complaints.push('the worker did not stop when asked')
    this.#worker = null
    complaints.push(...(await differences(this.#client, this.#world, this.#connections)))
    for (const { name, rows } of await brokenInvariants(this.#options.url)) {
      complaints.push(`${name}: ${rows.length} rows, ${JSON.stringify(rows.slice(0, 3))}`)
    }
    const open = await this.#client.query(`select id, status from sync_runs where status in ('running')`)
    if (open.rows.length > 0) complaints.push(`left running: ${JSON.stringify(open.rows)}`)
  }

  async close(): Promise<void> {
    this.report.log = this.#worker?.log ?? this.report.log
    await this.#worker?.kill()
    await (await this.#next).kill()
    await this.#probe.stop()
    this.report.looks = this.#probe.looks
    const { rows } = await this.#client.query<{ status: string; count: number }>(
      'select status, count(*)::int as count from sync_runs group by 1',
    )
    this.report.runs = Object.fromEntries(rows.map(({ status, count }) => [status, count]))
    await this.#client.end()
    for (const crm of this.#crms) crm.close()
    await this.#world.close()
  }

  async #strike(point: Point): Promise<boolean> {
    const random = this.#random
    const passage = random.between(1, point.among)
    if (point.needsDeletion) this.#world.removeSomething()
    // Only a worker that is just beginning comes by the claim for sure; the others go on from where they are.
    const worker = await this.#working()
    const blow = await strike(point, { worker, crms: this.#crms, passage, withinMs: mostWaitMs })
    if (blow === null) return false
    this.report.fired[point.name] = (this.report.fired[point.name] ?? 0) + 1
    // Time for the worker to find out by itself what became of its COMMIT.
    if (point.deed === 'cut') await sleep(800)
    if (point.deed === 'sleep') await this.#takeOver(worker, blow.release)
    if (point.deed === 'kill') await this.#bury(worker)
    return true
  }

  /** While one worker sleeps longer than its lease another goes on; then the first wakes up in the middle of its sentence. */
  async #takeOver(sleeper: Worker, release: () => void): Promise<void> {
    await sleep(overMs)
    this.#worker = null
    await this.#working()
    await sleep(this.#random.between(300, 1_500))
    sleeper.wake()
    release()
    await sleep(this.#random.between(300, 900))
    await sleeper.kill()
    await this.#ask()
  }

  async #bury(worker: Worker): Promise<void> {
    const diedMs = performance.now()
    await worker.kill()
    this.#worker = null
    this.report.log = worker.log
    this.#probe.complaints.push(...(await aheadOfData(this.#client, this.#world, this.#connections)))
    const longer = this.#random.chance(0.1) ? this.#random.between(1_000, 4_000) : 0
    await sleep(Math.max(0, overMs + longer - (performance.now() - diedMs)))
  }

  /** The worker that is at work, or a fresh one. */
  async #working(): Promise<Worker> {
    if (this.#worker !== null && !this.#worker.isGone) return this.#worker
    const worker = await this.#next
    this.#next = this.#load()
    await this.#ask()
    await worker.begin({
      databaseUrl: this.#options.url,
      secret: installationSecret,
      times,
      plant: this.#options.plant ?? null,
    })
    this.#worker = worker
    return worker
  }

  /**
   * Asks for a run of both connections now, as a person would. The queue loses its jobs here, as it may: waiting until it
   * notices a dead worker by itself takes twenty seconds.
   */
  async #ask(): Promise<void> {
    // A sleeping worker may hold rows of both tables; what it holds is left alone.
    await this.#client.query(`
      delete from queue.job where id in (select id from queue.job for update skip locked);
      update connections set next_due_at = clock_timestamp() where id in (select id from connections for update skip locked);
      notify tidemark_requests`)
  }

  /**
   * Under so many blows the world may have deleted more than a sync believes by itself before one pass came to its end. Now that it
   * stands still an operator has looked, and says that it is right.
   */
  async #acceptAbsence(): Promise<void> {
    await this.#client.query(`
      insert into sync_runs (tenant_id, id, connection_id, trigger, accept_absence)
      select c.tenant_id, app.uuid_v7(), c.id, 'person', true from connections c
      where not exists (select from sync_runs r where r.connection_id = c.id and r.status in ('queued', 'running'))
        and 'suspect' = (select r.status from sync_runs r where r.connection_id = c.id order by r.queued_at desc limit 1)`)
  }

  #load(): Promise<Worker> {
    const loading = Worker.load(new URL(this.#options.url), this.#options.plant ?? null)
    loading.catch(() => undefined)
    return loading
  }

  /** True once three runs of each connection in a row, begun after the world stood still, changed nothing. */
  async #untilQuiet(since: Date): Promise<boolean> {
    for (const limit = performance.now() + mostRestMs; performance.now() < limit; await sleep(100)) {
      const { rows } = await this.#client.query<{ quiet: number }>(
        `select count(*) filter (where status = 'success' and created + updated + retired = 0)::int as quiet from (
           select connection_id, status, created, updated, retired,
             row_number() over (partition by connection_id order by started_at desc) as back
           from sync_runs where started_at > $1 and status not in ('queued', 'running')) as latest
         where back <= 3 group by connection_id`,
        [new Date(since.getTime() + 1_500)],
      )
      if (rows.length === 2 && rows.every(({ quiet }) => quiet === 3)) return true
      await this.#acceptAbsence()
      await this.#ask()
    }
    return false
  }
}
