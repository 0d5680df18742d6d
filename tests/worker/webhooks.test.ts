import pg from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import type { AccountOptions, WebhookFault, WebhookOptions } from '../../simulator/main.ts'
import type { Web } from '../../src/server/main.ts'
import { startWorker } from '../../worker/main.ts'
import { runNow } from '../../worker/run-now.ts'
import { claimNudged } from '../../worker/nudge.ts'
import { serve } from '../src/app.ts'
import { connectAsWeb } from '../src/place.ts'
import { seedPerson } from '../src/people.ts'
import { seedBuilder } from '../src/seed.ts'
import { visit, type Visitor } from '../src/visitor.ts'
import { arrange, recordTables, type Arrangement, type Client } from './arrange.ts'
import { connectPipedrive, harbour } from './pipedrive-client.ts'
import { connectSalesforce, larkspur } from './salesforce-client.ts'
import { salesforceId } from '../../simulator/salesforce-ids.ts'
import { expectTruth } from './truth.ts'

const laurel: AccountOptions = {
  crm: 'hubspot',
  webKey: 'laurel',
  accessToken: 'CANARY-TOKEN-laurel',
  seed: 7,
  people: 24,
  changesPerDay: 0,
  notesPerPerson: 1,
}
const hour = 3_600_000
const signingSecret = 'CANARY-TOKEN-that-signs'

/** What the CRM calls its account, and how a connection to it is made. */
const crms = {
  hubspot: { account: laurel, theirs: '62515', connect: (all: Arrangement) => all.connect() },
  pipedrive: { account: harbour, theirs: String(15_000_000 + harbour.seed), connect: connectPipedrive },
  salesforce: {
    account: larkspur,
    theirs: salesforceId('Organization', larkspur.seed + 1),
    connect: connectSalesforce,
  },
}
type Name = keyof typeof crms

let all: Arrangement
let close: () => Promise<void>
afterEach(async () => {
  await close()
  await all.close()
})

/** The pages over the database of an arrangement, and somebody who is admin of its clients. */
async function openPages(clients: Client[]): Promise<{ web: Web; ana: Visitor }> {
  const database = connectAsWeb(all.url)
  const superuser = new pg.Client({ connectionString: all.url })
  await superuser.connect()
  const web = await serve({ database, databaseUrl: all.url })
  const email = await seedPerson(
    seedBuilder(superuser),
    'admin',
    clients.map(({ tenantId }) => tenantId),
  )
  close = async () => {
    await web.close()
    await database.close()
    await superuser.end()
  }
  return { web, ana: await visit(web.url, email) }
}

const placeOf = ({ tenantId }: Client) => `/w/rosewood-${tenantId.slice(0, 8)}`

/** Makes the address as an admin does, and enters it in the CRM. */
async function enterAddress(
  ana: Visitor,
  client: Client,
  theirs: string,
  fault?: WebhookFault,
): Promise<WebhookOptions> {
  const path = `${placeOf(client)}/settings/connections/${client.connectionId}`
  expect((await ana.post(path, { action: 'webhook', account: theirs, signingSecret })).status).toBe(303)
  const page = await (await ana.get(path)).text()
  const [, address = ''] = /<code[^>]*>(http[^<]+webhooks\/[^<]+)<\/code>/.exec(page) ?? []
  const [, password] = /Password<\/dt>\s*<dd>\s*<code[^>]*>([^<]+)</.exec(page) ?? []
  const options = { address, user: 'tidemark', secret: password ?? signingSecret }
  client.account.sendWebhooks({ ...options, ...(fault && { fault }) })
  return options
}

async function look(client: Client): Promise<void> {
  const [claimed] = await claimNudged(all.database, 0)
  if (claimed === undefined) return
  await runNow(all.worker, all.database, claimed, new AbortController().signal)
  expect((await client.readRun(claimed.runId)).run.status).toBe('success')
}

/** A deal that is on the board. */
function openDealOf(client: Client): string {
  const { deals, stages } = client.account.truth()
  const isOpen = new Set(
    stages.flatMap(({ id, isActive, likelihood }) => (isActive && likelihood !== 100 ? [id] : [])),
  )
  return deals.find(({ stageId }) => stageId !== null && isOpen.has(stageId))?.id ?? ''
}
const dealOf = (client: Client, place: number) => client.account.truth().deals[place]?.id ?? ''
const stored = async () => (await all.db.query('select from nudges')).rowCount

describe.each(Object.keys(crms) as Name[])('%s', (name) => {
  const { account, theirs, connect } = crms[name]

  test('a change in the CRM is sent, taken, looked at, in the row, and told to an open page', async () => {
    all = await arrange([{ ...account, startAt: new Date() }])
    const client = await connect(all)
    expect((await client.sync()).run.status).toBe('success')
    await all.db.query(`update connections set next_due_at = now() + interval '1 hour'`)
    const { ana } = await openPages([client])
    await enterAddress(ana, client, theirs)
    const worker = await startWorker(all.worker)
    const events = await ana.get(`${placeOf(client)}/events`)
    const reader = (events.body as ReadableStream<Uint8Array>).getReader()
    const decoder = new TextDecoder()
    client.account.editDeal(openDealOf(client), { amountMinor: 98_765_400 })
    expect((await client.account.sentWebhooks()).every(({ isTaken }) => isTaken)).toBe(true)
    let told = ''
    while (!told.includes('event: run')) told += decoder.decode((await reader.read()).value)
    const [, runId = ''] = /event: run\s+data: (\S+)/.exec(told) ?? []
    expect((await client.readRun(runId)).run).toMatchObject({ trigger: 'nudge', status: 'success' })
    // An edit is told in several webhooks, and the first may be looked at before the deal's own has come.
    const amounts = async () => (await client.records('opportunities')).map((row) => row.amount_minor)
    await expect.poll(amounts).toContain(98_765_400)
    expect(await (await ana.get(`${placeOf(client)}/pipeline`)).text()).toContain('987,654')
    await reader.cancel()
    await worker.stop()
  })

  test('what somebody else sends in its place is turned away, and leaves nothing', async () => {
    all = await arrange([{ ...account, startAt: new Date() }])
    const client = await connect(all)
    const { ana } = await openPages([client])
    await enterAddress(ana, client, theirs, 'forged')
    client.account.editDeal(dealOf(client, 0), { amountMinor: 1 })
    const sent = await client.account.sentWebhooks()
    expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([401]))
    expect(await stored()).toBe(0)
  })
})

test('24. A webhook is a hint: a world that sends them twice, five at once, last first, late and not at all is the same copy after the next run as one that sends none', async () => {
  const started = { ...harbour, startAt: new Date(Date.now() - 3 * hour) }
  all = await arrange([started, { ...started, webKey: 'twin', accessToken: 'CANARY-TOKEN-twin' }])
  // No list is so short that it is read whole in every run: what a pass asks for depends on where it begins.
  const settings = { wholeListUpTo: 0 }
  const [nudged, quiet] = [await all.connect(harbour.webKey, settings), await all.connect('twin', settings)]
  const sync = async () => {
    for (const client of [nudged, quiet]) expect((await client.sync()).run.status).toBe('success')
  }
  await sync()
  // As if that had been three hours ago: from then on its clock is behind ours, and a place that a look moved to now would hide what changes.
  await all.db.query(`update stream_cursors set watermark = watermark - interval '3 hours', crm_ahead_ms = 0`)
  const { ana } = await openPages([nudged, quiet])
  const entered = await enterAddress(ana, nudged, crms.pipedrive.theirs)
  const edit = (place: number, more: number) => {
    for (const { account } of [nudged, quiet]) {
      const { deals, people, activities } = account.truth()
      account.editDeal(deals[place]?.id ?? '', { amountMinor: more })
      account.editPerson(people[place]?.id ?? '', { lastName: `Renamed ${more}` })
      account.editActivity(activities[place]?.id ?? '', { title: `Moved ${more}` })
      account.addNote(people[place]?.id ?? '', 'Called back.')
    }
  }
  for (const [step, fault] of (['repeated', 'five-at-once', 'reordered', 'late'] as const).entries()) {
    all.simulator.advance(600_000)
    nudged.account.sendWebhooks(null)
    edit(step + 10, 1_000)
    nudged.account.sendWebhooks({ ...entered, fault })
    edit(step, step + 2_000)
    edit(step + 1, step + 3_000)
    const before = await stored()
    await nudged.account.sentWebhooks()
    expect((await stored()) === before).toBe(fault === 'late')
    await look(nudged)
  }
  await sync()
  expect(await copy(nudged)).toEqual(await copy(quiet))
  // What is an hour late tells of what has changed again since, and of a deal that is gone.
  edit(4, 9_000)
  const gone = dealOf(nudged, 3)
  for (const { account } of [nudged, quiet]) account.removeDeal(gone)
  all.simulator.advance(hour)
  expect((await nudged.account.sentWebhooks()).length).toBeGreaterThan(0)
  await look(nudged)
  await sync()
  expect(await copy(nudged)).toEqual(await copy(quiet))
  await expectTruth(nudged)
})

/** What is stored of each record, and why it is gone. */
async function copy({ records }: Client): Promise<unknown[]> {
  const rows = await Promise.all(recordTables.map((table) => records(table)))
  return rows
    .flat()
    .map(({ source_id: id, content_hash: digest, deleted_because: because }) => [id, digest, because])
}
