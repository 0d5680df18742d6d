import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { rowInForce } from '../../drizzle/rules.ts'
import type { CrmWriteState } from '../../drizzle/schema/crm-writes.ts'
import type { StepDeed, StepOutcome } from '../../drizzle/schema/next-actions.ts'
import {
  contactOf,
  dealIn,
  suggestionBeside,
  titleOf,
  type DueDeal,
  type DueDealColumns,
  type DueScope,
} from './due-parts.ts'
import { suggestionIn, type Suggestion, type SuggestionColumns, type WriteNow } from './due.ts'
import { lastTouches } from './touches.ts'

/** One line of what was planned and done about an opportunity. */
export type StepEntry = {
  number: number
  how: StepDeed
  dueAt: Date | null
  details: string | null
  outcome: StepOutcome | null
  reason: string | null
  moves: number
  madeAt: Date
  /** The member's name; null where the sync did it. */
  madeBy: string | null
}

/** An opportunity and where its next step stands. */
export type StepNow = DueDeal & {
  id: string
  version: number
  /** The connection it comes from. */
  source: string
  /** False once the CRM has closed or lost it: nothing can be planned then. */
  isOpen: boolean
  /** What is planned; null where nothing is. */
  step: { dueAt: Date; details: string; kind: string | null; moves: number } | null
  /** Outcomes and steps are written to its CRM. */
  isWritten: boolean
  /** A person here said how it ended. */
  outcome: 'won' | 'lost' | 'disqualified' | null
  suggestion: Suggestion | null
  write: WriteNow | null
  /** Newest first, at most twenty. */
  entries: StepEntry[]
}

/** One opportunity of this workspace by its id; undefined when there is none. */
export async function readStep(tx: Tx, scope: DueScope, id: string): Promise<StepNow | undefined> {
  const { rows } = await tx.execute<Stored>(sql`
    with page as (select o.*, ${titleOf} as name from opportunities o ${contactOf} where o.id = ${id}::uuid),
    touches as (${lastTouches(scope.now)})
    select p.id, p.version, p.name as title, p.amount_minor, coalesce(p.currency, ${scope.currency}) as currency, p.market, p.units,
      coalesce(s.name, p.stage_name) as stage, w.name as owner, k.name as source, p.status = 'open' and p.deleted_at is null as is_open,
      t.writes_back,
      p.next_action_at, p.next_action_details, n.kind, coalesce(n.moves, 0) as moves, p.own_outcome,
      (select max(t.at) from touches t) as touched_at, suggested.id as suggestion_id, suggested.due_at as suggestion_at,
      suggested.kind as suggestion_kind, suggested.details as suggestion, suggested.changed_at > n.made_at as is_newer,
      cw.state as write_state, coalesce(cw.refused_because, cw.waits_because) as write_because
    from page p
    join connections k on k.id = p.connection_id
    join tenants t on t.id = p.tenant_id
    left join stages s on s.id = p.stage_id and s.deleted_at is null
    left join owners w on w.id = p.owner_id and w.deleted_at is null
    left join next_actions n on n.opportunity_id = p.id and n.number = p.version
    left join crm_writes cw on cw.opportunity_id = p.id and cw.number = ${rowInForce(sql`p.id`, sql`p.version`)}
    left join lateral (${suggestionBeside(scope, {
      opportunity: sql`p.id`,
      contact: sql`p.contact_id`,
      dueAt: sql`p.next_action_at`,
      details: sql`p.next_action_details`,
      takenFrom: sql`n.suggestion_id`,
    })}) as suggested on true`)
  const [found] = rows
  if (found === undefined) return undefined
  return { ...stepNow(found), entries: await readEntries(tx, id) }
}

type Stored = DueDealColumns &
  SuggestionColumns & {
    id: string
    version: number
    source: string
    is_open: boolean
    writes_back: boolean
    next_action_at: string | null
    next_action_details: string | null
    kind: string | null
    moves: number
    own_outcome: StepNow['outcome']
    write_state: CrmWriteState | null
    write_because: string | null
  }

function stepNow(row: Stored): Omit<StepNow, 'entries'> {
  const { next_action_at: dueAt, next_action_details: details, kind, moves } = row
  return {
    id: row.id,
    version: row.version,
    ...dealIn(row),
    source: row.source,
    isOpen: row.is_open,
    isWritten: row.writes_back,
    step: dueAt === null || details === null ? null : { dueAt: new Date(dueAt), details, kind, moves },
    outcome: row.own_outcome,
    suggestion: suggestionIn(row),
    write: row.write_state === null ? null : { state: row.write_state, because: row.write_because },
  }
}

const mostEntries = 20

async function readEntries(tx: Tx, id: string): Promise<StepEntry[]> {
  const { rows } = await tx.execute<{
    number: number
    how: StepDeed
    due_at: string | null
    details: string | null
    outcome: StepOutcome | null
    reason: string | null
    moves: number
    made_at: string
    made_by: string | null
  }>(sql`
    select n.number, n.how, n.due_at, n.details, n.outcome, n.reason, n.moves, n.made_at, u.name as made_by
    from next_actions n left join auth.users u on u.id = n.made_by
    where n.opportunity_id = ${id}::uuid order by n.number desc limit ${mostEntries}`)
  return rows.map(({ due_at: dueAt, made_at: madeAt, made_by: madeBy, ...entry }) => ({
    ...entry,
    dueAt: dueAt === null ? null : new Date(dueAt),
    madeAt: new Date(madeAt),
    madeBy,
  }))
}
