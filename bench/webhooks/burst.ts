import { Pool } from 'undici'
import { signatureOf } from '../../worker/connectors/genuine.ts'

// A CRM in a process of its own that has much to say at once: requests leave on time, whether or not earlier ones were answered.

export type Burst = {
  address: string
  secret: string
  account: number
  /** The id of the first record that is named; every event names the next one. */
  from: number
  requests: number
  eventsEach: number
  seconds: number
}
export type Answers = { p50: number; p95: number; most: number; byStatus: Record<string, number> }

process.on('message', (burst: Burst) => void send(burst))

async function send(burst: Burst): Promise<void> {
  const { origin, pathname } = new URL(burst.address)
  const pool = new Pool(origin, { connections: 50 })
  const times: number[] = []
  const byStatus: Record<string, number> = {}
  const startedMs = performance.now()
  const one = async (nth: number) => {
    const dueMs = startedMs + (nth * burst.seconds * 1_000) / burst.requests
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())))
    const body = bodyOf(burst, nth)
    const at = String(Date.now())
    const signature = signatureOf(burst.secret, 'POST', burst.address, body, at)
    const headers = { 'x-hubspot-request-timestamp': at, 'x-hubspot-signature-v3': signature }
    const answer = await pool.request({ method: 'POST', path: pathname, body, headers })
    await answer.body.dump()
    // From the moment at which it was to leave: waiting for a free connection counts.
    times.push(performance.now() - dueMs)
    byStatus[answer.statusCode] = (byStatus[answer.statusCode] ?? 0) + 1
  }
  await Promise.all(Array.from({ length: burst.requests }, (_, nth) => one(nth)))
  await pool.close()
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor((times.length - 1) * share)] ?? 0
  process.send?.({ p50: at(0.5), p95: at(0.95), most: at(1), byStatus } satisfies Answers)
}

function bodyOf({ account, from, eventsEach }: Burst, nth: number): string {
  return JSON.stringify(
    Array.from({ length: eventsEach }, (_, at) => ({
      subscriptionType: 'deal.propertyChange',
      portalId: account,
      objectId: from + nth * eventsEach + at,
      eventId: from + nth * eventsEach + at,
      occurredAt: Date.now(),
      attemptNumber: 0,
    })),
  )
}
