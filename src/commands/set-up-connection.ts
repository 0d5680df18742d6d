import { eq, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { connections, users } from '../../drizzle/schema/index.ts'
import { readSealingKey } from '../../drizzle/sealing-keys.ts'
import type { ConnectionState } from '../../drizzle/schema/connections.ts'
import type { ConnectorForm } from './add-connection.ts'
import { changeConnection } from './change-connection.ts'
import { discardDraft } from './discard-draft.ts'
import { recordDeed, type Actor } from './record-deed.ts'
import { requestTest } from './request-test.ts'
import { startConnection } from './start-connection.ts'

export const setUpSteps = ['test', 'start', 'discard', 'replace', 'pause', 'resume'] as const
export type SetUpStep = (typeof setUpSteps)[number]

export type SetUpOutcome =
  | { kind: 'done' }
  /** The connection is no more. */
  | { kind: 'discarded' }
  | { kind: 'not_found' }
  | { kind: 'no_worker' }
  | { kind: 'invalid'; fields: Record<string, string> }
  /** The page was older than the connection's state. */
  | { kind: 'not_now'; state: ConnectionState }

type Stored = { id: string; name: string; state: ConnectionState }

/** One step of looking after a connection, with its line in the audit log. `secrets` are the new ones, for `replace`. */
export async function setUpConnection(
  tx: Tx,
  by: Actor,
  stored: Stored,
  step: SetUpStep,
  {
    connector,
    secrets,
    allowPrivateHosts,
  }: { connector: ConnectorForm; secrets: Record<string, string>; allowPrivateHosts: boolean },
): Promise<SetUpOutcome> {
  const target = `connection ${stored.name}`
  if (step === 'test') {
    await recordDeed(tx, by, { deed: 'connection_tested', target })
    return { kind: (await requestTest(tx, stored.id)).kind === 'asked' ? 'done' : 'not_found' }
  }
  if (step === 'start') {
    const outcome = await startConnection(tx, stored.id)
    if (outcome.kind === 'not_found') return outcome
    if (outcome.kind === 'not_draft') return { kind: 'not_now', state: outcome.state }
    await recordDeed(tx, by, { deed: 'connection_started', target })
    return { kind: 'done' }
  }
  if (step === 'discard')
    return (await discardDraft(tx, by, stored))
      ? { kind: 'discarded' }
      : { kind: 'not_now', state: stored.state }
  const isPause = step === 'pause'
  if (isPause && stored.state !== 'active') return { kind: 'not_now', state: stored.state }
  if (step === 'resume' && stored.state !== 'paused') return { kind: 'not_now', state: stored.state }
  const sealingKey = await readSealingKey(tx)
  if (sealingKey === undefined) return { kind: 'no_worker' }
  const wish = step === 'replace' ? { secrets, paused: stored.state === 'paused' } : { paused: isPause }
  const outcome = await changeConnection(tx, stored.id, wish, { connector, sealingKey, allowPrivateHosts })
  if (outcome.kind !== 'changed') return outcome
  if (isPause) await noteWhoPaused(tx, by, stored.id)
  const deed = {
    replace: 'credentials_changed',
    pause: 'connection_paused',
    resume: 'connection_resumed',
  } as const
  await recordDeed(tx, by, {
    deed: deed[step],
    target,
    before: { state: stored.state },
    after: { state: outcome.state },
  })
  if (step === 'replace') await requestTest(tx, stored.id)
  return { kind: 'done' }
}

/** Every page says it as long as the connection rests. */
async function noteWhoPaused(tx: Tx, by: Actor, connectionId: string): Promise<void> {
  if (by.userId === null) return
  const who = tx
    .select({ reason: sql`${users.name} || ' paused it.'` })
    .from(users)
    .where(eq(users.id, by.userId))
  await tx
    .update(connections)
    .set({ stateReason: sql`(${who})` })
    .where(eq(connections.id, connectionId))
}
