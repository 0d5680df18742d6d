import type { SimulatedAccount } from './account.ts'
import { ClientTether } from './clienttether.ts'
import { dialectOf } from './dialects.ts'
import { readEnvelope, withEnvelope } from './fault-envelope.ts'
import type { Effect, Exchange } from './fault-effect.ts'

const isLaterPage = ({ query }: Exchange) => Number(query.get('offset') ?? 0) > 0

/** Faults of pages and totals. */
export const pagingFaults = {
  'empty-list': {
    after: (reply) => withEnvelope(reply, (envelope) => ({ ...envelope, TotalRecord: 0, data: [] })),
  },
  'half-list': {
    after: (reply, { query }) => withEnvelope(reply, (envelope) => firstHalf(envelope, query, true)),
  },
  'half-list-full-total': {
    after: (reply, { query }) => withEnvelope(reply, (envelope) => firstHalf(envelope, query, false)),
  },
  'total-too-high': {
    after: (reply) =>
      withEnvelope(reply, (envelope) => ({ ...envelope, TotalRecord: Number(envelope.TotalRecord) + 500 })),
  },
  'same-page-for-ever': {
    before: ({ query }) => {
      query.set('offset', '0')
      query.delete('after')
    },
  },
  'alternate-pages': {
    before: ({ query }, { count }) =>
      query.set('offset', count % 2 === 1 ? '0' : (query.get('limit') ?? '100')),
  },
  'page-overlaps': {
    applies: isLaterPage,
    before: ({ query }) => query.set('offset', String(Number(query.get('offset')) - 1)),
  },
  'row-inserted': { applies: isLaterPage, before: (exchange) => insertRow(exchange) },
  'row-removed': { applies: isLaterPage, before: (exchange) => removeFirstRow(exchange) },
} satisfies Record<string, Effect>

function firstHalf(envelope: Record<string, unknown>, query: URLSearchParams, isTotalHalved: boolean) {
  const half = Math.floor(Number(envelope.TotalRecord) / 2)
  const offset = Number(query.get('offset') ?? 0)
  const rows = Array.isArray(envelope.data) ? envelope.data : []
  const data = rows.slice(0, Math.max(0, half - offset))
  return { ...envelope, data, ...(isTotalHalved && { TotalRecord: half }) }
}

function insertRow({ account, operation }: Exchange): void {
  if (!account) return
  const person = account.addPerson()
  if (operation === 'read_opportunity_list') account.addDeal(person)
}

function removeFirstRow({ account, operation }: Exchange): void {
  const row = account && firstRow(account, operation)
  if (typeof row?.client_id === 'string' && operation === 'read_client_list')
    account?.removePerson(row.client_id)
  if (typeof row?.opportunity_id === 'string') account?.removeDeal(row.opportunity_id)
}

function firstRow(account: SimulatedAccount, operation: string): Record<string, unknown> | undefined {
  const query = new URLSearchParams({ limit: '1', offset: '0' })
  return readEnvelope(dialectOf(account, ClientTether).answer(operation, { id: '', query }))?.data[0]
}
