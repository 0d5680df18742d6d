import { expect } from 'vitest'
import type { ErrorCode, RunStatus, StreamStatus } from '../../drizzle/schema/sync.ts'
import type { FaultName, FaultRule } from '../../simulator/main.ts'
import type { Arrangement, Client, Synced, SyncOptions } from './arrange.ts'
import { expectSound } from './soundness.ts'
import { expectTruth } from './truth.ts'

/** What a fault of the list of clients, which fills leads and contacts, must come to. */
export type Outcome = {
  run: RunStatus
  stream: StreamStatus
  code: ErrorCode
  /** What the client reads. */
  client: RegExp
  /** What the operator reads. */
  operator: RegExp
  /** How often the list was asked for. */
  asked?: number
  /** Rows came and are kept, although the list as a whole is not believed. */
  bringsRows?: true
}

const clients = 'read_client_list'

/** Syncs while every answer of the list of clients has the fault; takes the fault away again. */
export async function syncUnder(
  all: Arrangement,
  client: Client,
  fault: FaultName,
  rule: Omit<FaultRule, 'fault'> = {},
  options: SyncOptions = {},
): Promise<Synced & { asked: number }> {
  const { faults, ledger } = all.simulator
  const firedBefore = faults.fired(fault)
  const askedBefore = ledger.count(clients, client.account.webKey)
  faults.add({ operation: clients, account: client.account.webKey, ...rule, fault })
  const synced = await client.sync(options)
  faults.clear()
  expect(faults.fired(fault), `${fault} fired`).toBeGreaterThan(firedBefore)
  expectNoSecrets(all, synced)
  return { ...synced, asked: ledger.count(clients, client.account.webKey) - askedBefore }
}

/**
 * A change waits in the CRM, the list fails: what is stored stays as it is and as old as it was, the run says so in
 * words for both readers, and the next run brings the change.
 */
export async function expectFailure(
  all: Arrangement,
  client: Client,
  fault: FaultName,
  outcome: Outcome,
  rule: Omit<FaultRule, 'fault'> = {},
  options: SyncOptions = {},
): Promise<void> {
  await leaveChange(client)
  const before = { stored: await client.everything(), fresh: await client.freshness() }
  const { run, streams, asked } = await syncUnder(all, client, fault, rule, options)
  const { leads } = streams
  expect([run.status, leads?.status, run.error_code, leads?.error_code]).toEqual([
    outcome.run,
    outcome.stream,
    outcome.code,
    outcome.code,
  ])
  expect(run.error_public).toMatch(outcome.client)
  expect(run.verdict).toMatch(outcome.client)
  expect(run.error_detail).toMatch(outcome.operator)
  if (outcome.asked !== undefined) expect(asked).toBe(outcome.asked)
  const stored = await client.everything()
  if (outcome.bringsRows) expect(stored.map(nameOf)).toEqual(before.stored.map(nameOf))
  else expect(stored).toEqual(before.stored)
  expect((await client.freshness()).leads).toBe(before.fresh.leads)
  await expectRecovery(all, client, before.fresh)
}

/** The next run is a success that brings everything, however the one before it ended. */
export async function expectRecovery(
  all: Arrangement,
  client: Client,
  freshBefore: Record<string, unknown> = {},
): Promise<void> {
  const { run } = await client.sync()
  expect([run.status, run.error_detail]).toEqual(['success', null])
  await expectTruth(client)
  expect((await client.freshness()).leads).not.toBe(freshBefore.leads)
  await expectSound(all.url)
}

/** Table, source id and tombstone of a line of `everything`. */
const nameOf = (line: string) => {
  const [table, sourceId] = line.split(' ')
  return [table, sourceId, line.endsWith(' ')].join(' ')
}

let changes = 0

/** Somebody's phone number changes, on the last page of the list. */
export async function leaveChange(client: Client): Promise<void> {
  const person = client.account.truth().people.at(-1)
  changes += 1
  client.account.editPerson(person?.id ?? '', { phone: `212555${String(changes).padStart(4, '0')}` })
}

/** Neither reader sees a token, and the client sees no address and no stack. */
function expectNoSecrets(all: Arrangement, { run, streams }: Synced): void {
  const rows = [run, ...Object.values(streams)]
  for (const { error_public: words, error_detail: detail, verdict } of rows) {
    expect(`${String(words)} ${String(verdict)}`).not.toMatch(
      /127\.0\.0\.1|localhost|https?:|\bat .+:\d+:\d+|CANARY/,
    )
    expect(`${String(words)} ${String(verdict)}`).not.toContain(String(all.simulator.port))
    expect(String(detail)).not.toContain('CANARY')
  }
}
