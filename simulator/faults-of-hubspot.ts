import { numberOf, type Effect } from './fault-effect.ts'
import { refused, tooMany, type Policy } from './hubspot-reply.ts'
import type { Reply } from './reply.ts'

/** Faults in HubSpot's own words: its limits, its errors, its paging. */
export const hubSpotFaults = {
  'hubspot-burst-limit': limit('TEN_SECONDLY_ROLLING'),
  'hubspot-search-limit': limit('SECONDLY'),
  'hubspot-daily-limit': limit('DAILY'),
  'hubspot-moving': {
    after: (_reply, _exchange, firing) => {
      const reply = refused(
        477,
        'MIGRATION_IN_PROGRESS',
        'This account is being moved to another data centre.',
      )
      return {
        ...reply,
        headers: { ...reply.headers, 'Retry-After': String(numberOf(firing, 'retryAfter', 3_600)) },
      }
    },
  },
  'hubspot-locked': { after: () => refused(423, 'LOCKED', 'The resource is locked.') },
  'hubspot-too-slow': { after: () => proxyPage(524, 'A timeout occurred') },
  'hubspot-malformed-token': { after: () => proxyPage(530, 'Origin DNS error') },
  'hubspot-short-page': {
    before: ({ query }, firing) => query.set('limit', String(numberOf(firing, 'rows', 1))),
  },
  'hubspot-empty-page': { before: ({ query }) => query.set('limit', '0') },
  'hubspot-paging-renamed': {
    after: (reply) => withPaging(reply, ({ paging, ...body }) => ({ ...body, pageInfo: paging })),
  },
  'hubspot-next-missing': { after: (reply) => withPaging(reply, (body) => ({ ...body, paging: {} })) },
  'hubspot-errors-within': {
    after: (reply, _exchange, { params }) => {
      const category = params.category ?? 'INTERNAL_ERROR'
      const errors = [{ status: 'error', category, message: 'An error occurred.' }]
      const withError = withResults(reply, (results) => ({ results: results.slice(1), numErrors: 1, errors }))
      return { ...withError, status: reply.status === 200 ? 207 : reply.status }
    },
  },
  'hubspot-nothing': { after: (reply) => withResults(reply, () => ({ results: [], paging: undefined })) },
} satisfies Record<string, Effect>

function limit(policy: Policy): Effect {
  return { after: () => tooMany(policy) }
}

function proxyPage(status: number, title: string): Reply {
  const body = Buffer.from(
    `<!doctype html><html><head><title>${title}</title></head><body>${title}</body></html>`,
  )
  return { status, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body }
}

function withResults(reply: Reply, change: (results: unknown[]) => Record<string, unknown>): Reply {
  if (reply.status !== 200) return reply
  const body = JSON.parse(reply.body.toString()) as { results: unknown[] }
  return { ...reply, body: Buffer.from(JSON.stringify({ ...body, ...change(body.results) })) }
}

/** Only an answer that says that more follows has anything to spoil. */
function withPaging(reply: Reply, change: (body: Record<string, unknown>) => Record<string, unknown>): Reply {
  if (reply.status !== 200) return reply
  const body = JSON.parse(reply.body.toString()) as Record<string, unknown>
  return body.paging === undefined ? reply : { ...reply, body: Buffer.from(JSON.stringify(change(body))) }
}
