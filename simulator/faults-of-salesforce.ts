import type { Effect } from './fault-effect.ts'
import { dialectOf } from './dialects.ts'
import type { Reply } from './reply.ts'
import { invalidLocator, limitReached, Refusal } from './salesforce-reply.ts'
import { Salesforce } from './salesforce.ts'

/** Faults in Salesforce's own words. */
export const salesforceFaults = {
  'salesforce-daily-limit': answered(() => limitReached('TotalRequests')),
  'salesforce-concurrent-limit': answered(() => limitReached('ConcurrentRequests (Concurrent API Requests)')),
  'salesforce-query-timeout': answered(
    () => new Refusal(400, 'QUERY_TIMEOUT', 'Your query request was running for too long.'),
  ),
  'salesforce-locator-lost': answered(invalidLocator),
  'salesforce-no-api': answered(
    () => new Refusal(403, 'API_DISABLED_FOR_ORG', 'The REST API is not enabled for this Organization.'),
  ),
  'salesforce-maintenance': {
    after: () => {
      const body = Buffer.from(
        '<!doctype html><html><head><title>Maintenance</title></head><body>Be back soon.</body></html>',
      )
      return { status: 503, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body }
    },
  },
  'salesforce-rows-missing': { after: (reply) => withRecords(reply, (records) => records.slice(0, -1)) },
  'salesforce-field-hidden': {
    before: ({ account }, { params }) => {
      if (account && typeof params.name === 'string') dialectOf(account, Salesforce).hide(params.name)
    },
  },
} satisfies Record<string, Effect>

function answered(refusal: () => Refusal): Effect {
  return { after: () => refusal().reply }
}

function withRecords(reply: Reply, change: (records: unknown[]) => unknown[]): Reply {
  if (reply.status !== 200) return reply
  const body = JSON.parse(reply.body.toString()) as { records?: unknown[] }
  if (!Array.isArray(body.records) || body.records.length === 0) return reply
  return { ...reply, body: Buffer.from(JSON.stringify({ ...body, records: change(body.records) })) }
}
