import { Random } from '../../simulator/random.ts'
import type { CrmTrap } from './crm-gate.ts'
import type { Statement, Trap } from './gate.ts'

/** Where a worker is struck, and how: `kill` ends it, `sleep` stops it until its lease is over, `cut` takes its connection. */
export type Point = {
  name: string
  deed: 'kill' | 'sleep' | 'cut'
  at:
    | { postgres: Pick<Trap, 'when' | 'matches'> }
    | { crm: Pick<CrmTrap, 'when' | 'matches'> }
    | { afterMs: number }
  /** Struck at one of so many passages, by chance. */
  among: number
  /** Only a run that finds something gone comes by here. */
  needsDeletion?: boolean
}

const says = (pattern: RegExp) => (statement: Statement) => pattern.test(statement.text)
const named = (pattern: RegExp) => (statement: Statement) => pattern.test(statement.name)
const isCommit = says(/^\s*commit/i)
const commits = (inside: (statement: Statement) => boolean) => (statement: Statement) =>
  isCommit(statement) && statement.transaction.some(inside)

const claim = says(/app\.claim_due_slots/)
const lease = says(/set fence = fence \+ 1/)
const cursor = named(/^store-cursor$/)
const snapshot = named(/^store-snapshot$/)
const load = named(/^load-/)
const tombstones = says(/set deleted_at = coalesce\(\$\d+::timestamptz, now\(\)\), deleted_because/)
const giveBack = says(/set lease_owner = null, lease_until = null,\s+consecutive_failures/)
const measures = says(/insert into pipeline_stage_counts/)
const completes = says(/update stream_cursors c set scan_start = null/)
const loadsChanges = (statement: Statement) =>
  load(statement) &&
  statement.transaction.some(({ values }) => values.some((value) => value?.includes('"afterId"')))
const changesEnd = (statement: Statement) =>
  completes(statement) && statement.transaction.some(({ values }) => values.includes('opportunities'))
const jobDone = says(/SET completed_on = [\s\S]*state = 'completed'/)

type PostgresPoint = Pick<Trap, 'when' | 'matches'>
const postgres = (name: string, deed: Point['deed'], at: PostgresPoint, among = 1): Point => ({
  name,
  deed,
  at: { postgres: at },
  among,
})

/** The named places of a run, each to be struck at least once. Recognised from outside, by what is said on the wire. */
export const namedPoints: Point[] = [
  postgres('before claim', 'kill', { when: 'before', matches: claim }),
  postgres('after claim', 'kill', { when: 'after', matches: claim }),
  postgres('lease COMMIT sent, reply lost', 'kill', { when: 'after', matches: commits(lease) }),
  { name: 'before a page', deed: 'kill', at: { crm: { when: 'before', matches: () => true } }, among: 20 },
  { name: 'after fetch', deed: 'kill', at: { crm: { when: 'after', matches: () => true } }, among: 20 },
  {
    name: 'before a page of changes',
    deed: 'kill',
    at: { crm: { when: 'before', matches: (path) => path.startsWith('/deals') } },
    among: 8,
  },
  postgres('before the changes are read to their end', 'kill', { when: 'before', matches: changesEnd }, 2),
  postgres('after cursor store', 'kill', { when: 'after', matches: cursor }, 6),
  postgres('after raw insert', 'kill', { when: 'after', matches: snapshot }, 6),
  postgres('mid-transaction after load', 'kill', { when: 'after', matches: load }, 6),
  postgres('mid-transaction after load of changes', 'kill', { when: 'after', matches: loadsChanges }, 5),
  postgres('page COMMIT sent, reply lost', 'kill', { when: 'after', matches: commits(snapshot) }, 6),
  postgres('after page commit', 'kill', { when: 'delivered', matches: commits(snapshot) }, 6),
  { ...postgres('before retire', 'kill', { when: 'before', matches: tombstones }), needsDeletion: true },
  {
    ...postgres('mid-transaction after retire', 'kill', { when: 'after', matches: tombstones }),
    needsDeletion: true,
  },
  postgres('before publish', 'kill', { when: 'before', matches: giveBack }),
  postgres('during publish, measures written', 'kill', { when: 'after', matches: measures }),
  postgres('publish COMMIT sent, reply lost', 'kill', { when: 'after', matches: commits(giveBack) }),
  postgres('after publish, before the job completes', 'kill', { when: 'before', matches: jobDone }),
  postgres('page COMMIT sent, connection lost', 'cut', { when: 'after', matches: commits(snapshot) }, 3),
  postgres('publish COMMIT sent, connection lost', 'cut', { when: 'after', matches: commits(measures) }),
  {
    name: 'asleep after fetch',
    deed: 'sleep',
    at: { crm: { when: 'after', matches: () => true } },
    among: 12,
  },
  postgres('asleep before the fence is checked', 'sleep', { when: 'before', matches: cursor }, 4),
  postgres('asleep holding the fence', 'sleep', { when: 'after', matches: cursor }, 4),
  postgres('asleep before publish', 'sleep', { when: 'before', matches: giveBack }),
]

/** The last blow of all, when nothing will change any more: no later run has a reason of its own to count again. */
export const atTheLastPublish: Point = postgres('at the last publish', 'kill', {
  when: 'after',
  matches: measures,
})

/** A blow at no place in particular. */
const atRandom = (afterMs: number): Point => ({
  name: 'at random',
  deed: 'kill',
  at: { afterMs },
  among: 1,
})

/**
 * Where to strike: every named point, in an order of the seed, with blows at random between them, and all of it again when
 * more are asked for. `only` keeps to the points of these names.
 */
export function planOf(seed: number, count: number, only?: string[]): Point[] {
  const random = new Random(seed, 'plan')
  const named = namedPoints.filter(({ name }) => only === undefined || only.includes(name))
  if (named.length === 0) throw new Error(`no point is named ${only?.join(' or ')}`)
  const plan: Point[] = []
  while (plan.length < count) {
    const blind = only === undefined ? 4 : 0
    const round = [...named, ...Array.from({ length: blind }, () => atRandom(random.between(50, 900)))]
    plan.push(
      ...round
        .map((point) => ({ point, at: random.next() }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ point }) => point),
    )
  }
  return plan.slice(0, count)
}

/** A plan in as many parts as there are lanes; together they strike every point of it. */
export const shareOut = (plan: Point[], lanes: number): Point[][] =>
  Array.from({ length: lanes }, (_, lane) => plan.filter((_point, at) => at % lanes === lane))
