import { sql, type SQL } from 'drizzle-orm'
import type { BridgeRow } from '../domain/bridge.ts'
import { changedSince, isOpen, isOurs, writtenChange, type DealScope } from './bridge.ts'
import { isSlow } from './deal-history.ts'

export type DealFilters = {
  currency: string
  status: 'open' | 'won' | 'lost' | 'all'
  /** The id of a stage; `-` for opportunities without one. */
  stage?: string | undefined
  owner?: string | undefined
  /** Words that must all be found in the name, the market or the owner. */
  terms: readonly string[]
  /** Days of expected close: the first included, the second not. */
  closing?: { from: string; to: string } | undefined
  /** Those that stand in their stage since the moment it has here, or for longer. */
  slowSince?: ReadonlyMap<string, Date> | undefined
  /** Those without an amount. */
  isWithoutAmount: boolean
  /** Those that a row of the bridge counts; the status is then whatever it became. `texts` as `changeText` writes them. */
  change?: { row: BridgeRow; isMove: boolean; texts: readonly string[]; since: Date } | undefined
}

/** True of the opportunities `o` of the scope that are asked for. */
export function matches(scope: DealScope, filters: DealFilters): SQL {
  const { currency, stage, owner, terms, closing, slowSince, isWithoutAmount, change } = filters
  const conditions = [
    isOurs(scope),
    change === undefined ? hasStatus(filters) : isChanged(scope, currency, change),
    ...(change === undefined ? [isIn(scope, currency)] : []),
    ...(stage === undefined
      ? []
      : [stage === '-' ? sql`o.stage_id is null` : sql`o.stage_id = ${stage}::uuid`]),
    ...(owner === undefined ? [] : [sql`o.owner_id = ${owner}::uuid`]),
    ...(closing === undefined
      ? []
      : [sql`o.expected_close_on >= ${closing.from}::date and o.expected_close_on < ${closing.to}::date`]),
    ...(slowSince === undefined ? [] : [isSlow(scope, slowSince)]),
    ...(isWithoutAmount ? [sql`o.amount_minor is null`] : []),
    ...terms.map((term) => mentions(scope, term)),
  ]
  return sql.join(conditions, sql` and `)
}

function hasStatus({ status }: DealFilters): SQL {
  if (status === 'open') return isOpen()
  return status === 'all' ? sql`o.deleted_at is null` : sql`o.status = ${status} and o.deleted_at is null`
}

const isIn = (scope: DealScope, currency: string) =>
  currency === scope.currency
    ? sql`(o.currency = ${currency} or o.currency is null)`
    : sql`o.currency = ${currency}`

/** A move is counted in the currency it has now, a value where it was open or is. */
function isChanged(scope: DealScope, currency: string, change: NonNullable<DealFilters['change']>): SQL {
  const counts = change.isMove
    ? sql`c.currency_after = ${currency}`
    : sql`(c.standing_before = 'open' and c.currency_before = ${currency} or c.standing_after = 'open' and c.currency_after = ${currency})`
  return sql`o.id in (select c.id from (${changedSince(scope, change.since)}) c where ${writtenChange} = any(${sql.param([...change.texts])}::text[]) and ${counts})`
}

function mentions({ tenantId }: DealScope, term: string): SQL {
  const pattern = `%${term.replaceAll(/[\\%_]/g, '\\$&')}%`
  return sql`(o.title ilike ${pattern} or o.market ilike ${pattern}
    or o.contact_id in (select c.id from contacts c where c.tenant_id = ${tenantId} and c.deleted_at is null and concat_ws(' ', c.first_name, c.last_name) ilike ${pattern})
    or o.owner_id in (select w.id from owners w where w.tenant_id = ${tenantId} and w.deleted_at is null and w.name ilike ${pattern}))`
}
