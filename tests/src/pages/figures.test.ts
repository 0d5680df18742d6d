import { randomInt, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../../drizzle/db.ts'
import { measure } from '../../../worker/measure.ts'
import { startApp, type TestApp } from '../app.ts'
import { cast, emptyWorkspace } from '../lists/world.ts'
import { minutesAgo, type Connection } from '../seed.ts'

let app: TestApp
/** The last is another one each time; the names of its tests say which. */
const worlds = [1, 2, randomInt(3, 1_000_000)]
const workspaces = new Map<number, Connection>()

const day = 1_440
const deal = fc.record({
  status: fc.constantFrom('open', 'open', 'open', 'won', 'lost'),
  stage: fc.constantFrom('sent', 'approved', 'none', 'unlisted'),
  amount_minor: fc.option(fc.integer({ min: -5, max: 90_000_000 }), { freq: 6 }),
  currency: fc.option(fc.constantFrom('USD', 'USD', 'EUR', 'JPY'), { freq: 5 }),
  probability: fc.option(
    fc.integer({ min: 0, max: 10_000 }).map((n) => n / 10_000),
    { freq: 2 },
  ),
  weighted_fee_minor: fc.option(fc.integer({ min: 0, max: 9_000_000 })),
  units: fc.option(fc.nat(4)),
  closedDaysAgo: fc.option(fc.nat(45)),
  isDeleted: fc.nat(8).map((n) => n === 0),
})
const lead = fc.record({
  source: fc.option(fc.constantFrom('Referral', 'Web', 'Show')),
  stage: fc.constantFrom('sent', 'dead', 'none', 'unlisted'),
  is_prospect: fc.nat(4).map((n) => n > 0),
  hoursAgo: fc.option(fc.integer({ min: 1, max: 1_700 }), { freq: 9 }),
  isDeleted: fc.nat(8).map((n) => n === 0),
})
const activity = fc.record({
  hours: fc.option(fc.integer({ min: -900, max: 500 }).filter((hours) => hours !== 0)),
  is_done: fc.nat(3).map((n) => n === 0),
  isDeleted: fc.nat(8).map((n) => n === 0),
})

beforeAll(async () => {
  app = await startApp()
  const worker = connect({
    url: app.databaseUrl,
    role: 'tidemark_worker',
    max: 1,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  })
  for (const world of worlds) {
    const ours = await emptyWorkspace(app.seed, `world-${world}`)
    const loading = await app.seed.connection(ours.tenantId, { name: 'HubSpot' })
    for (const stream of ['leads', 'stages', 'opportunities', 'activities', 'notes'])
      await app.seed.cursor(loading, stream, null)
    for (const connection of [ours, loading]) await seedWorld(connection, world)
    workspaces.set(world, ours)
    for (const { id } of [ours, loading])
      await worker.asTenant(ours.tenantId, (tx) =>
        measure(tx, { tenantId: ours.tenantId, connectionId: id, id: randomUUID() }),
      )
  }
  await worker.close()
})

afterAll(() => app.close())

async function seedWorld(connection: Connection, seed: number): Promise<void> {
  const people = await cast(app.seed, connection)
  const dead = await app.seed.record('stages', connection, {
    name: 'Dead',
    is_active: false,
    outcome: 'lost',
  })
  const stages = { sent: people.sent, approved: people.approved, dead, none: null, unlisted: randomUUID() }
  const gone = (isDeleted: boolean) => (isDeleted ? { deleted_at: new Date(), deleted_because: 'flag' } : {})
  const many = async (table: string, rows: Record<string, unknown>[]) => {
    const all = rows.map((row) => {
      const id = randomUUID()
      const of = { tenant_id: connection.tenantId, connection_id: connection.id, custom: {} }
      return {
        ...of,
        id,
        source_id: id,
        content_hash: '\\x00',
        snapshot_id: id,
        changed_at: minutesAgo(60 * day),
        ...row,
      }
    })
    const columns = [...new Set(all.flatMap((row) => Object.keys(row)))].join(', ')
    await app.seed.client.query(
      `insert into ${table} (${columns}) select ${columns} from jsonb_populate_recordset(null::${table}, $1)`,
      [JSON.stringify(all)],
    )
  }
  await many(
    'opportunities',
    fc.sample(deal, { numRuns: 120, seed }).map(({ stage, closedDaysAgo, isDeleted, ...row }, n) => ({
      ...row,
      ...gone(isDeleted),
      title: `Deal ${n}`,
      stage_id: stages[stage],
      closed_at: row.status === 'won' && closedDaysAgo !== null ? minutesAgo(closedDaysAgo * day + 7) : null,
    })),
  )
  await many(
    'leads',
    fc.sample(lead, { numRuns: 120, seed }).map(({ stage, hoursAgo, isDeleted, ...row }, n) => ({
      ...row,
      ...gone(isDeleted),
      name: `Lead ${n}`,
      stage_id: stages[stage],
      source_created_at: hoursAgo === null ? null : minutesAgo(hoursAgo * 60),
    })),
  )
  await many(
    'activities',
    fc.sample(activity, { numRuns: 90, seed }).map(({ hours, is_done, isDeleted }) => ({
      ...gone(isDeleted),
      is_done,
      kind: 'call',
      due_at: hours === null ? null : minutesAgo(-hours * 60),
    })),
  )
  await many(
    'notes',
    fc
      .sample(fc.nat(9), { numRuns: 40, seed })
      .map((n) => ({ ...gone(n === 0), body: 'x', noted_at: minutesAgo(n * 90) })),
  )
}

const textOf = async (path: string) => (await app.ana.get(path)).text()

/** The figure of a tile, and all the words of it. */
function tile(html: string, label: string): { figure: string; words: string } {
  const [, inner = ''] =
    new RegExp(`<dt>(?:<a[^>]*>)?\\s*${label}\\s*(?:</a>)?</dt>(.*?)</div>`, 's').exec(html) ?? []
  const plain = (markup: string) =>
    markup
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll('&#39;', "'")
      .replaceAll(/\s+/g, ' ')
      .trim()
  const [, figure = ''] = /<dd class="figure">(.*?)(?:<span class="delta"|<\/dd>)/s.exec(inner) ?? []
  return { figure: plain(figure), words: plain(inner) }
}

/** An amount in minor units, as a person would write it, to the whole unit. */
function written(minor: string | undefined, currency: string): string {
  const places = currency === 'JPY' ? 0 : 2
  const value = BigInt(minor ?? 0)
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, '0')
  const decimal = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
  const style = { style: 'currency', currency, maximumFractionDigits: 0 } as const
  return new Intl.NumberFormat('en-US', style).format(
    `${value < 0n ? '-' : ''}${decimal}` as Intl.StringNumericLiteral,
  )
}

const grouped = (n: string | undefined) => Number(n ?? 0).toLocaleString('en-US')

describe.each(worlds)('in random world %i', (world) => {
  const home = `/w/world-${world}`
  const sql = async (text: string): Promise<Record<string, string>[]> =>
    (await app.seed.client.query<Record<string, string>>(text, [workspaces.get(world)?.id])).rows

  /** Deals that are there, each with its currency and what it is likely to bring, decided by hand. */
  const deals = `(select o.*, coalesce(o.currency, 'USD') as cur,
    o.amount_minor * case when o.probability is null then (select s.probability from stages s where s.id = o.stage_id and s.deleted_at is null) else o.probability end as weighted
    from opportunities o where o.connection_id = $1 and o.deleted_at is null) d`
  const openSums = () =>
    sql(`select cur, count(*) as n, count(amount_minor) as amounts, count(distinct coalesce(stage_id::text, '-')) as stages,
      coalesce(sum(amount_minor), 0) as amount, round(coalesce(sum(weighted), 0)) as weighted, round(avg(amount_minor)) as average
      from ${deals} where status = 'open' group by cur order by count(*) desc, cur`)

  test('the pipeline says of each currency what SQL says, and of each stage', async () => {
    const sums = await openSums()
    expect(new Set(sums.map(({ cur }) => cur))).toEqual(new Set(['EUR', 'JPY', 'USD']))
    for (const { cur = '', n, stages, amount, weighted, average } of sums) {
      const page = await textOf(`${home}/pipeline?currency=${cur}`)
      expect(tile(page, 'Total pipeline value').figure).toBe(written(amount, cur))
      expect(tile(page, 'Weighted by likely %').figure).toBe(written(weighted, cur))
      expect(tile(page, `Open deals in ${stages} stages?`).figure).toBe(grouped(n))
      expect(tile(page, 'Average deal size').figure).toBe(written(average, cur))
      const byStage =
        await sql(`select coalesce(stage_id::text, '-') as stage, count(*) as n, coalesce(sum(amount_minor), 0) as amount,
        round(coalesce(sum(weighted), 0)) as weighted from ${deals} where status = 'open' and cur = '${cur}' group by 1`)
      for (const row of byStage) {
        const cells = [grouped(row['n']), written(row['amount'], cur), written(row['weighted'], cur)]
        const [, line = ''] =
          new RegExp(`<tr data-mark[^>]*>(?:(?!</tr>).)*stage=${row['stage']}[^0-9a-f](.*?)</tr>`, 's').exec(
            page,
          ) ?? []
        const found = [...line.matchAll(/<td[^>]*>\s*(.*?)\s*<\/td>/gs)].map(([, cell]) => cell)
        expect(found.slice(0, 3), `${cur} ${row['stage']}`).toEqual(cells)
      }
    }
  })

  test('the overview says what the pipeline says, and of won deals, leads and activities what SQL says', async () => {
    const page = await textOf(`${home}/overview`)
    const sums = await openSums()
    const [first, ...others] = sums
    const all = sums.reduce((sum, { n }) => sum + Number(n), 0)
    const without = sums.reduce((sum, { n, amounts }) => sum + Number(n) - Number(amounts), 0)
    const open = tile(page, 'Open value')
    expect(open.figure).toBe(written(first?.['amount'], first?.['cur'] ?? ''))
    expect(open.words).toContain(`${all} deals, ${without} without an amount`)
    for (const { cur = '', amount } of others) expect(open.words).toContain(written(amount, cur))
    const weighted = tile(page, 'Weighted by likely %')
    expect(weighted.figure).toBe(written(first?.['weighted'], first?.['cur'] ?? ''))
    for (const { cur = '', weighted: of } of others) expect(weighted.words).toContain(written(of, cur))

    const won = tile(page, 'Won this month')
    const wonSums =
      await sql(`select cur, count(*) as n, count(amount_minor) as amounts, coalesce(sum(amount_minor), 0) as amount from ${deals}
      where status = 'won' and closed_at >= date_trunc('month', now(), 'America/Chicago') group by cur`)
    expect(won.figure).toBe(grouped(String(wonSums.reduce((sum, { n }) => sum + Number(n), 0))))
    for (const { cur = '', amount, amounts } of wonSums)
      if (amounts !== '0') expect(won.words).toContain(written(amount, cur))

    const [due] =
      await sql(`select count(*) filter (where due_at < date_trunc('day', now(), 'America/Chicago')) as overdue,
      count(*) filter (where due_at >= date_trunc('day', now(), 'America/Chicago')
        and due_at < (date_trunc('day', now() at time zone 'America/Chicago') + interval '7 days') at time zone 'America/Chicago') as next
      from activities where connection_id = $1 and deleted_at is null and not is_done`)
    expect(page).toContain(`${due?.['overdue']} actions are overdue`)
    const [came] = await sql(`select count(*) as n from leads where connection_id = $1 and deleted_at is null
      and source_created_at >= (select min(fresh_at) from stream_cursors where connection_id = $1) - interval '7 days'`)
    expect(tile(page, 'New leads').figure).toBe(came?.['n'])
  })

  test.each([
    [
      'period=7d',
      `>= (select min(fresh_at) from stream_cursors where connection_id = $1) - interval '7 days'`,
    ],
    ['period=all', `is not null or true`],
    [
      'period=days&from=%A&to=%B',
      `>= ('%A'::timestamp at time zone 'America/Chicago') and source_created_at < ('%B'::timestamp + interval '1 day') at time zone 'America/Chicago'`,
    ],
  ])('the leads of %s are those of SQL, qualified by a rule of its own', async (asked, condition) => {
    const dayOf = (days: number) =>
      minutesAgo(days * day)
        .toISOString()
        .slice(0, 10)
    const fill = (text: string) => text.replaceAll('%A', dayOf(40)).replaceAll('%B', dayOf(12))
    const [row] = await sql(`select count(*) as n, count(distinct nullif(source, '')) as sources,
      count(*) filter (where is_prospect and not exists (select from stages s where s.id = l.stage_id and s.deleted_at is null and not s.is_active)) as qualified
      from leads l where connection_id = $1 and deleted_at is null and (source_created_at ${fill(condition)})`)
    const page = await textOf(`${home}/leads?${fill(asked)}`)
    expect(tile(page, 'Leads').figure).toBe(grouped(row?.['n']))
    expect(tile(page, 'Qualified').figure).toBe(grouped(row?.['qualified']))
    expect(tile(page, 'Sources').figure).toBe(grouped(row?.['sources']))
    expect(page).toMatch(new RegExp(`data-result[^>]*>\\s*${grouped(row?.['n'])} leads? `))
  })

  test('hot list, notes and schedule count what SQL counts', async () => {
    const [hot] =
      await sql(`select count(*) as n from opportunities o where connection_id = $1 and deleted_at is null and status = 'open'
      and case when probability is null then (select s.probability from stages s where s.id = o.stage_id and s.deleted_at is null) else probability end >= 0.4`)
    expect(await textOf(`${home}/hot-list`)).toContain(`<p class="soft">${hot?.['n']} candidates`)
    const [notes] = await sql(
      `select count(*) as n from notes where connection_id = $1 and deleted_at is null`,
    )
    expect(await textOf(`${home}/notes`)).toContain(`<p class="soft">${notes?.['n']} notes.`)
    const [ahead] =
      await sql(`select count(*) as n, count(*) filter (where due_at < (date_trunc('day', now() at time zone 'America/Chicago') + interval '7 days')
      at time zone 'America/Chicago') as week from activities where connection_id = $1 and deleted_at is null and not is_done and due_at > now()`)
    const schedule = await textOf(`${home}/schedule`)
    expect(schedule).toContain(`${ahead?.['week']} activities in the next 7 days`)
    expect(schedule).toContain(`${ahead?.['n']} of ${ahead?.['n']}`)
  })

  test('the list of workspaces says what the pages say', async () => {
    const [dollars] = (await openSums()).filter(({ cur }) => cur === 'USD')
    const [all] = await sql(
      `select count(*) as n, count(*) filter (where cur <> 'USD') as others from ${deals} where status = 'open'`,
    )
    const [late] =
      await sql(`select count(*) as n, (now() at time zone 'America/Chicago')::date - min((due_at at time zone 'America/Chicago')::date) as days
      from activities where connection_id = $1 and deleted_at is null and not is_done and due_at < date_trunc('day', now(), 'America/Chicago')`)
    const [due] = await sql(
      `select count(*) as n from activities where connection_id = $1 and deleted_at is null and not is_done and due_at < now()`,
    )
    const [, row = ''] =
      new RegExp(`<tr>((?:(?!</tr>).)*data-workspace="world-${world}".*?)</tr>`, 's').exec(
        await textOf('/w'),
      ) ?? []
    const cells = Object.fromEntries(
      [...row.matchAll(/<td data-label="([^"]+)"[^>]*>(.*?)<\/td>/gs)].map(([, label = '', cell = '']) => [
        label,
        cell
          .replaceAll(/<[^>]*>/g, ' ')
          .replaceAll(/\s+/g, ' ')
          .replaceAll(' ,', ',')
          .trim(),
      ]),
    )
    expect(cells).toMatchObject({
      'Open deals': all?.['n'],
      'Due now': due?.['n'],
      Overdue: `${late?.['n']} oldest ${late?.['days']} days late`,
      'Weighted by likely %': `${written(dollars?.['weighted'], 'USD')} without ${all?.['others']} in other currencies`,
    })
  })
})
