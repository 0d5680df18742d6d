import fc from 'fast-check'
import type { FaultName, LedgerEntry } from '../../../../simulator/main.ts'
import { serveWrites } from '../../../../worker/outbox.ts'
import { executionOf } from '../../../../worker/run-now.ts'
import { quick, type WriteRow } from '../../../worker/writing.ts'
import type { World } from './world.ts'

/**
 * What becomes of a sender at one of its transactions. One that dies sends nothing more and says nothing more; between two transactions
 * lies whatever it asks of the CRM, so it dies between sending and storing as well. One that is late goes on when its lease is over
 * and another one has done its work.
 */
export type Fate = { at: number; is: 'dead before' | 'dead after' | 'late' }

/** Sends what is due. */
export async function send({ all, client }: World, fate?: Fate): Promise<void> {
  const death = new AbortController()
  const execution = await executionOf(all.worker, all.database, death.signal)
  let transactions = 0
  const meet = async (nth: number, is: Fate['is']) => {
    if (nth !== fate?.at || is !== fate.is) return
    if (is !== 'late') death.abort()
    else await afterItsLease({ all, client })
  }
  const asTenant = async (...given: Parameters<typeof all.database.asTenant>) => {
    transactions += 1
    const nth = transactions
    await meet(nth, 'dead before')
    await meet(nth, 'late')
    if (death.signal.aborted) throw new Error('this sender is dead')
    const answer = await all.database.asTenant(...given)
    await meet(nth, 'dead after')
    if (death.signal.aborted) throw new Error('this sender is dead')
    return answer
  }
  const database = { ...all.database, asTenant: asTenant as typeof all.database.asTenant }
  const sent = serveWrites({ ...execution, database, writeTimes: quick }, client)
  await sent.catch((error: unknown) => {
    if (!death.signal.aborted) throw error
  })
}

async function afterItsLease(world: Pick<World, 'all' | 'client'>): Promise<void> {
  await endLeases(world)
  await send(world as World)
}

/** What can still be taken back for a while is due now. */
export const hurry = ({ all, client }: World) =>
  all.db.query(
    `update crm_writes set send_after = clock_timestamp() where tenant_id = $1 and state in ('pending', 'sending')`,
    [client.tenantId],
  )

/** To be done when no sender is at work: none of them may still have a request on the wire. */
export const endLeases = ({ all, client }: Pick<World, 'all' | 'client'>) =>
  all.db.query(
    `update crm_writes set lease_until = null where tenant_id = $1 and state in ('pending', 'sending')`,
    [client.tenantId],
  )

const at = fc.integer({ min: 1, max: 20 })
const mortal = fc.record({ at, is: fc.constantFrom('dead before' as const, 'dead after' as const) })

/** Nobody, two at once that may die, or one that is late. */
export const senders: fc.Arbitrary<Fate[]> = fc.oneof(
  fc.constant<Fate[]>([]),
  fc.tuple(mortal, mortal),
  fc.tuple(fc.record({ at, is: fc.constant('late' as const) })),
)

/** What becomes of a request, without anybody waiting for it. */
const withoutEffect: FaultName[] = ['server-error', 'write-refused', 'rate-limited-bare']
const withEffect: FaultName[] = ['server-error-afterwards', 'hung-up', 'cut-body']

export const lost = fc.array(
  fc.record({
    fault: fc.constantFrom(...withoutEffect, ...withEffect),
    operation: fc.constantFrom('tasks.create', 'tasks.update', 'deals.update', 'deals.read'),
    nth: fc.integer({ min: 1, max: 2 }),
    times: fc.constant(1),
  }),
  { maxLength: 2 },
)

/** The requests of a write that the CRM carried out, by what stands in them and in no other's. */
export function effectsOf({ all }: Pick<World, 'all'>, write: WriteRow): LedgerEntry[] {
  const { outcome, reason } = write['payload'] as { outcome?: string; reason?: string }
  const mark = outcome === undefined ? `Tidemark ${write.idempotency_key}` : `${reason}`
  return all.simulator.ledger
    .entries()
    .filter(({ operation, query }) => /\.(create|update)$/.test(operation) && query.includes(mark))
    .filter(({ status, fault }) => status < 300 || withEffect.some((name) => name === fault))
}
