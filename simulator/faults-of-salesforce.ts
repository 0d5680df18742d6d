import { numberOf, type Effect } from './fault-effect.ts'
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
  'salesforce-rows-missing': {
    after: (reply) => withRecords(reply, (records) => ({ records: records.slice(0, -1) })),
  },
  'salesforce-nothing': {
    after: (reply) => withRecords(reply, () => ({ totalSize: 0, done: true, records: [] })),
  },
  'salesforce-deletions-late': {
    after: (reply, _exchange, firing) => withoutNewest(reply, numberOf(firing, 'minutes', 60)),
  },
  'salesforce-field-hidden': {
    before: ({ account }, { params }) => {
      if (account && typeof params.name === 'string') dialectOf(account, Salesforce).hide(params.name)
    },
  },
} satisfies Record<string, Effect>

function answered(refusal: () => Refusal): Effect {
  return { after: () => refusal().reply }
}

/** What was deleted in the last minutes of the span belongs to a transaction that is not over. */
function withoutNewest(reply: Reply, minutes: number): Reply {
  if (reply.status !== 200) return reply
  const body = JSON.parse(reply.body.toString()) as Deletions
  const covered = Date.parse(body.latestDateCovered) - minutes * 60_000
  const deletedRecords = body.deletedRecords.filter(({ deletedDate }) => Date.parse(deletedDate) < covered)
  const latestDateCovered = new Date(covered).toISOString().replace('Z', '+0000')
  return { ...reply, body: Buffer.from(JSON.stringify({ ...body, deletedRecords, latestDateCovered })) }
}

type Deletions = { deletedRecords: { deletedDate: string }[]; latestDateCovered: string }

function withRecords(reply: Reply, change: (records: unknown[]) => object): Reply {
  if (reply.status !== 200) return reply
  const body = JSON.parse(reply.body.toString()) as { records?: unknown[] }
  if (!Array.isArray(body.records) || body.records.length === 0) return reply
  return { ...reply, body: Buffer.from(JSON.stringify({ ...body, ...change(body.records) })) }
}
