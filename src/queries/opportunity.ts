import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { likelihoodOf } from '../../drizzle/rules.ts'

/** What an opportunity was from a moment on: as its CRM recorded it, or, from our first copy on, as we saw it. */
export type StageStep = {
  at: Date
  stage: string | null
  status: 'open' | 'won' | 'lost' | null
  isRemoved: boolean
  amountMinor: bigint | null
  currency: string
  /** `2026-12-01` */
  closeOn: string | null
  by: 'crm' | 'copy'
}

export type OpportunityNow = Omit<StageStep, 'at' | 'by'> & {
  id: string
  name: string | null
  contact: string | null
  company: string | null
  market: string | null
  units: number | null
  owner: string | null
  source: string | null
  /** 0 to 1: the record's own, or its stage's. */
  likely: number | null
  closedAt: Date | null
  /** When it was made in the CRM. */
  createdAt: Date | null
  /** The connection it comes from: its id, its name, its kind, and what was set there. */
  connectionId: string
  connection: string
  connector: string
  settings: Record<string, unknown>
  /** Fields of the CRM without a column of ours, and those under names of the tenant's choosing. */
  custom: Record<string, unknown>
  /** Oldest first, at most `mostSteps` of the newest; neighbours that say the same are one. */
  steps: StageStep[]
}

const mostSteps = 200

/** One opportunity of this workspace by its id; undefined when there is none. `currency` is that of amounts that name none. */
export async function readOpportunity(
  tx: Tx,
  { currency }: { currency: string },
  id: string,
): Promise<OpportunityNow | undefined> {
  const { rows } = await tx.execute<Stored>(sql`
    select o.id, coalesce(nullif(o.title, ''), nullif(concat_ws(' ', c.first_name, c.last_name), '')) as name,
      nullif(concat_ws(' ', c.first_name, c.last_name), '') as contact, coalesce(y.name, c.company_name) as company, o.market, o.units,
      w.name as owner, o.source, coalesce(s.name, o.stage_name) as stage, o.status, o.deleted_at is not null as is_removed,
      o.amount_minor as amount, coalesce(o.currency, ${currency}) as currency, ${likelihoodOf('o', 's')} as likely,
      o.expected_close_on as close_on, o.closed_at, o.source_created_at as created_at, k.id as connection_id, k.name as connection, k.connector, k.settings, o.custom
    from opportunities o
    join connections k on k.tenant_id = o.tenant_id and k.id = o.connection_id
    left join stages s on s.tenant_id = o.tenant_id and s.id = o.stage_id and s.deleted_at is null
    left join owners w on w.tenant_id = o.tenant_id and w.id = o.owner_id and w.deleted_at is null
    left join contacts c on c.tenant_id = o.tenant_id and c.id = o.contact_id and c.deleted_at is null
    left join companies y on y.tenant_id = o.tenant_id and y.id = o.company_id and y.deleted_at is null
    where o.id = ${id}::uuid`)
  const [found] = rows
  if (found === undefined) return undefined
  return { ...opportunityOf(found), steps: await readSteps(tx, currency, id) }
}

/** Up to our first copy what the CRM recorded, and from then on what we saw: no change is told twice. */
async function readSteps(tx: Tx, currency: string, id: string): Promise<StageStep[]> {
  const { rows } = await tx.execute<StoredStep>(sql`
    with seen as (
      select v.valid_from as at, v.stage_id, v.stage_name, v.status, v.deleted_at is not null as is_removed, v.amount_minor, v.currency, v.expected_close_on
      from opportunity_versions v where v.opportunity_id = ${id}::uuid
      union all
      select o.changed_at, o.stage_id, o.stage_name, o.status, o.deleted_at is not null, o.amount_minor, o.currency, o.expected_close_on
      from opportunities o where o.id = ${id}::uuid),
    told as (
      select c.happened_at as at, c.stage_id, c.stage_name, null as status, false as is_removed, c.amount_minor, c.currency, c.expected_close_on
      from stage_changes c
      where c.opportunity_id = ${id}::uuid and c.deleted_at is null and c.happened_at < (select min(at) from seen)),
    steps as (select *, 'crm' as by from told union all select *, 'copy' from seen)
    select t.at, coalesce(s.name, t.stage_name) as stage, t.status, t.is_removed, t.amount_minor as amount,
      coalesce(t.currency, ${currency}) as currency, t.expected_close_on as close_on, t.by
    from (select * from steps order by at desc limit ${mostSteps}) t
    left join stages s on s.id = t.stage_id and s.deleted_at is null
    order by t.at`)
  return rows.map(stepOf).filter((step, at, all) => !isSame(step, all[at - 1]))
}

/** The CRM records no status, so between its last line and our first one the status is no difference. */
function isSame(step: StageStep, before: StageStep | undefined): boolean {
  return (
    before !== undefined &&
    step.stage === before.stage &&
    step.amountMinor === before.amountMinor &&
    step.closeOn === before.closeOn &&
    step.isRemoved === before.isRemoved &&
    (step.currency === before.currency || step.amountMinor === null) &&
    (step.status === before.status || before.status === null)
  )
}

type StoredStep = {
  at: string
  stage: string | null
  status: StageStep['status']
  is_removed: boolean
  amount: string | null
  currency: string
  close_on: string | null
  by: StageStep['by']
}

const stepOf = ({ at, amount, is_removed: isRemoved, close_on: closeOn, ...row }: StoredStep): StageStep => ({
  ...row,
  at: new Date(at),
  isRemoved,
  amountMinor: amount === null ? null : BigInt(amount),
  closeOn,
})

type Stored = Omit<StoredStep, 'at' | 'by'> & {
  id: string
  name: string | null
  contact: string | null
  company: string | null
  market: string | null
  units: number | null
  owner: string | null
  source: string | null
  likely: string | null
  closed_at: string | null
  created_at: string | null
  connection_id: string
  connection: string
  connector: string
  settings: Record<string, unknown>
  custom: Record<string, unknown>
}

const instantOf = (text: string | null) => (text === null ? null : new Date(text))

function opportunityOf({
  amount,
  likely,
  is_removed: isRemoved,
  close_on: closeOn,
  closed_at: closedAt,
  created_at: createdAt,
  connection_id: connectionId,
  ...row
}: Stored): Omit<OpportunityNow, 'steps'> {
  return {
    ...row,
    connectionId,
    isRemoved,
    amountMinor: amount === null ? null : BigInt(amount),
    likely: likely === null ? null : Number(likely),
    closeOn,
    closedAt: instantOf(closedAt),
    createdAt: instantOf(createdAt),
  }
}
