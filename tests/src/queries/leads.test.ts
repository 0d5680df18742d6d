import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../../drizzle/db.ts'
import { bySource, byStatus, leadFigures, type LeadGroup } from '../../../src/domain/leads.ts'
import { readLeadGroups, type LeadScope } from '../../../src/queries/lead-groups.ts'
import {
  countLeads,
  leadSorts,
  readFirstTouch,
  readLeads,
  walkLeads,
  type LeadFilters,
  type LeadRow,
} from '../../../src/queries/leads.ts'
import { arrange, rosewood, type Arrangement, type Client } from '../../worker/arrange.ts'
import { connectAsWeb } from '../place.ts'

const accounts = [11, 12, 13].map((seed) => ({
  ...rosewood,
  webKey: `CT_${seed}`,
  seed,
  people: 60,
  notesPerPerson: 2,
}))

let all: Arrangement
let web: Database
const clients: Client[] = []

beforeAll(async () => {
  all = await arrange(accounts)
  web = connectAsWeb(all.url)
  for (const { webKey } of accounts) {
    const client = await all.connect(webKey)
    await client.sync()
    clients.push(client)
  }
})

afterAll(async () => {
  await web.close()
  await all.close()
})

function scopeOf({ tenantId, connectionId }: Client): LeadScope {
  return { tenantId, connectionIds: [connectionId], touchedIn: [connectionId], now: new Date() }
}

const everything: LeadFilters = { from: null, to: null, isQualified: false, isUntouched: false, terms: [] }

function groupsOf(
  client: Client,
  from: Date | null = null,
  before: Date | null = null,
  to: Date | null = null,
): Promise<LeadGroup[]> {
  return web.asTenant(client.tenantId, (tx) => readLeadGroups(tx, scopeOf(client), { from, to, before }))
}

type Alike = Pick<LeadGroup, 'source' | 'stageKey' | 'isQualified' | 'count'>

async function one(text: string, ...values: unknown[]): Promise<string | null> {
  const { rows } = await all.db.query<{ n: string | null }>(text, values)
  return rows[0]?.n ?? null
}

describe.each([0, 1, 2])('the world of account %i', (at) => {
  const client = () => clients[at] as Client

  test('is counted as the worker measured it, qualified by the same rule', async () => {
    const { rows } = await all.db.query<{ source: string; total: string; qualified: string }>(
      `select source, sum(count) as total, coalesce(sum(count) filter (where is_qualified), 0) as qualified from lead_metrics m
       where connection_id = $1 and as_of = (select max(as_of) from lead_metrics where connection_id = $1) group by source`,
      [client().connectionId],
    )
    const measured = rows.map(({ source, total, qualified }) => [source, Number(total), Number(qualified)])
    const ours = bySource(await groupsOf(client())).map(({ source, total, qualified }) => [
      source ?? '',
      total,
      qualified,
    ])
    expect(new Set(ours.map(String))).toEqual(new Set(measured.map(String)))
    expect(leadFigures(await groupsOf(client())).qualified).toBeGreaterThan(0)
  })

  test('has the figures of SQL of another hand, in a period and in the one before', async () => {
    const { rows } = await all.db.query<{ at: Date }>(
      `select source_created_at as at from leads where connection_id = $1 order by 1`,
      [client().connectionId],
    )
    const [before, from] = [rows[10]?.at, rows[30]?.at]
    if (!before || !from) throw new Error('this world has no dated leads')
    const groups = await groupsOf(client(), from, before)
    const figures = leadFigures(groups)
    const count = (where: string) =>
      one(
        `select count(*) as n from leads l where connection_id = $1 and deleted_at is null and ${where}`,
        client().connectionId,
        from,
        before,
      )
    expect(String(figures.total)).toBe(await count(`source_created_at >= $2 and $3::timestamptz is not null`))
    expect(String(figures.before.total)).toBe(
      await count(`source_created_at >= $3 and source_created_at < $2`),
    )
    expect(String(figures.qualified)).toBe(
      await count(`source_created_at >= $2 and $3::timestamptz is not null and is_prospect
        and not exists (select from stages s where s.id = l.stage_id and not s.is_active and s.deleted_at is null)`),
    )
    expect(String(figures.sources)).toBe(
      await one(
        `select count(distinct source) as n from leads where connection_id = $1 and source_created_at >= $2 and source <> ''`,
        client().connectionId,
        from,
      ),
    )
    expect(byStatus(groups).reduce((sum, { count: of }) => sum + of, 0)).toBe(figures.total)
  })

  test('knows how soon somebody was in touch', async () => {
    const from = new Date(0)
    const touch = await web.asTenant(client().tenantId, (tx) =>
      readFirstTouch(tx, scopeOf(client()), { from, to: null }),
    )
    const waits = `select min(t.at) - l.source_created_at as waited from leads l left join lateral (
        select noted_at as at from notes n where n.contact_id = l.contact_id and n.deleted_at is null and noted_at <= now()
        union all select coalesce(completed_at, due_at) from activities a where a.contact_id = l.contact_id and a.is_done and a.deleted_at is null
          and coalesce(completed_at, due_at) <= now()) t on t.at >= l.source_created_at
      where l.connection_id = $1 and l.deleted_at is null and l.source_created_at is not null group by l.id, l.source_created_at`
    const { connectionId } = client()
    expect(String(touch.untouched)).toBe(
      await one(`select count(*) as n from (${waits}) w where waited is null`, connectionId),
    )
    const median = await one(
      `select extract(epoch from percentile_cont(0.5) within group (order by waited)) as n from (${waits}) w`,
      connectionId,
    )
    expect(touch.medianMs === null ? null : touch.medianMs / 1_000).toBe(
      median === null ? null : Number(median),
    )
  })

  test('that nobody touched is listed as it is counted, in a period with both ends and in one without', async () => {
    const scope = scopeOf(client())
    const { rows } = await all.db.query<{ at: Date }>(
      `select source_created_at as at from leads where connection_id = $1 and deleted_at is null order by 1`,
      [client().connectionId],
    )
    const [from, end] = [rows[10]?.at, rows[45]?.at]
    if (!from || !end) throw new Error('this world has no dated leads')
    for (const to of [end, null]) {
      const groups = await groupsOf(client(), from, null, to)
      const [touch, listed, counted] = await web.asTenant(client().tenantId, async (tx) => {
        const filters = { ...everything, from, to, isUntouched: true }
        const order = { sort: { by: 'created', isDescending: false }, after: null, most: 500 } as const
        return [
          await readFirstTouch(tx, scope, { from, to }),
          (await readLeads(tx, scope, filters, order)).rows,
          await countLeads(tx, scope, filters),
        ]
      })
      const untouched = await one(
        `select count(*) as n from leads l where connection_id = $1 and deleted_at is null and source_created_at >= $2
           and ($3::timestamptz is null or source_created_at < $3) and source_created_at <= now() and not exists (
             select from (select contact_id, noted_at as at from notes where deleted_at is null
               union all select contact_id, coalesce(completed_at, due_at) from activities where is_done and deleted_at is null) t
             where t.contact_id = l.contact_id and t.at between l.source_created_at and now())`,
        client().connectionId,
        from,
        to,
      )
      expect([String(touch.untouched), String(counted), String(listed.length)]).toEqual(
        Array(3).fill(untouched),
      )
      expect(listed.every(({ touchedAt }) => touchedAt === null)).toBe(true)
      expect(String(leadFigures(groups).total)).toBe(
        await one(
          `select count(*) as n from leads where connection_id = $1 and deleted_at is null and source_created_at >= $2
             and ($3::timestamptz is null or source_created_at < $3)`,
          client().connectionId,
          from,
          to,
        ),
      )
    }
  })

  test.each(leadSorts)('is listed whole and once by %s, in both directions, page by page', async (by) => {
    const scope = scopeOf(client())
    for (const isDescending of [false, true]) {
      const seen: LeadRow[] = []
      let after: string | null = null
      do {
        const page: { rows: LeadRow[]; next: string | null } = await web.asTenant(client().tenantId, (tx) =>
          readLeads(tx, scope, everything, { sort: { by, isDescending }, after, most: 7 }),
        )
        seen.push(...page.rows)
        after = page.next
      } while (after !== null)
      const walked: LeadRow[] = []
      await web.asTenant(client().tenantId, async (tx) => {
        for await (const rows of walkLeads(tx, scope, everything, { by, isDescending })) walked.push(...rows)
      })
      expect(walked.map(({ id }) => id)).toEqual(seen.map(({ id }) => id))
      expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
      expect(String(seen.length)).toBe(
        await one(
          `select count(*) as n from leads where connection_id = $1 and deleted_at is null`,
          scope.connectionIds[0],
        ),
      )
    }
  })

  test('is filtered as SQL would, and counted as it is listed', async () => {
    const scope = scopeOf(client())
    const first = (
      await web.asTenant(client().tenantId, (tx) =>
        readLeads(tx, scope, everything, {
          sort: { by: 'created', isDescending: true },
          after: null,
          most: 1,
        }),
      )
    ).rows[0]
    const sets: Partial<LeadFilters>[] = [
      { isQualified: true },
      { source: first?.source ?? '-' },
      { terms: [first?.name?.split(' ')[0] ?? ''] },
      { source: '-' },
      { stage: '-' },
      { terms: ['100%_'] },
      { owner: '00000000-0000-4000-8000-000000000000' },
    ]
    for (const set of sets) {
      const filters = { ...everything, ...set }
      const [listed, counted] = await web.asTenant(client().tenantId, async (tx) => [
        (
          await readLeads(tx, scope, filters, {
            sort: { by: 'name', isDescending: false },
            after: null,
            most: 500,
          })
        ).rows,
        await countLeads(tx, scope, filters),
      ])
      expect(listed.length, JSON.stringify(set)).toBe(counted)
      if (set.isQualified) expect(listed.every(({ isQualified }) => isQualified)).toBe(true)
      if (set.source && set.source !== '-')
        expect(new Set(listed.map(({ source }) => source))).toEqual(new Set([set.source]))
    }
  })

  test.each([
    ['as they came', `select`],
    [
      'when some are gone',
      `update leads set deleted_at = now(), deleted_because = 'absence' where connection_id = $1 and source_id ~ '[123]$'`,
    ],
    [
      'when some moved, those that are gone among them',
      `update leads set stage_id = $2, stage_name = 'Moved', source = 'Fair' where connection_id = $1 and source_id ~ '[345]$'`,
    ],
    [
      'when some are back',
      `update leads set deleted_at = null, deleted_because = null where connection_id = $1 and source_id ~ '3$'`,
    ],
    [
      'when some have no source and no stage any more, and are of another kind',
      `update leads set source = case when source_id ~ '45$' then '' end, stage_id = null, is_prospect = not is_prospect
       where connection_id = $1 and source_id ~ '5$'`,
    ],
    [
      'when a stage is in play that was not, or is not any more',
      `update stages set is_active = not is_active where connection_id = $1 and id = $2`,
    ],
    [
      'when a stage is not listed any more',
      `update stages set deleted_at = now() where connection_id = $1 and id = $2`,
    ],
  ])('has the figures of SQL of another hand of all time, %s', async (_, deed) => {
    const { tenantId, connectionId } = client()
    const stage = await one(
      `select id as n from stages where connection_id = $1 order by position limit 1`,
      connectionId,
    )
    const of = [connectionId, stage]
    await all.db.query(deed, of.slice(0, new Set(deed.match(/\$\d/g)).size))
    const { rows } = await all.db.query<Alike>(
      `select nullif(source, '') as source, coalesce(stage_id::text, '-') as "stageKey", count(*)::int as count,
         is_prospect and not exists (select from stages s where s.id = l.stage_id and not s.is_active and s.deleted_at is null) as "isQualified"
       from leads l where connection_id = $1 and deleted_at is null group by 1, 2, 4`,
      [connectionId],
    )
    const groups = await groupsOf(client())
    const inWords = (those: Alike[]) =>
      those
        .map(({ source, stageKey, isQualified, count }) => [source, stageKey, isQualified, count].join(' '))
        .toSorted()
    expect(inWords(groups)).toEqual(inWords(rows))
    for (const source of [undefined, '-', 'Fair', ...rows.slice(0, 3).flatMap((row) => row.source ?? [])])
      for (const key of [undefined, '-', stage ?? ''])
        for (const isQualified of [false, true]) {
          const filters = { ...everything, source, stage: key, isQualified }
          const counted = await web.asTenant(tenantId, (tx) => countLeads(tx, scopeOf(client()), filters))
          const those = rows.filter(
            (row) =>
              (source === undefined || (row.source ?? '-') === source) &&
              (key === undefined || row.stageKey === key) &&
              (!isQualified || row.isQualified),
          )
          expect(counted, JSON.stringify(filters)).toBe(those.reduce((sum, { count }) => sum + count, 0))
        }
  })
})

test('words that are too long for an index are stored, and counted like others', async () => {
  const client = clients[0] as Client
  const before = leadFigures(await groupsOf(client, new Date(0), new Date(0)))
  const source = randomBytes(4_500).toString('hex')
  const { rows } = await all.db.query<{ id: string; source: string }>(
    `update leads l set source = $2 from leads old
     where l.id = (select id from leads where connection_id = $1 and source_created_at is not null and deleted_at is null limit 1) and old.id = l.id
     returning l.id, old.source`,
    [client.connectionId, source],
  )
  const groups = await groupsOf(client, new Date(0), new Date(0))
  expect(leadFigures(groups).total).toBe(before.total)
  expect(bySource(groups).find((group) => group.source === source)?.total).toBe(1)
  await all.db.query('update leads set source = $2 where id = $1', [rows[0]?.id, rows[0]?.source])
})
