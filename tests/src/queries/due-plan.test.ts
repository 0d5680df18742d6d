import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dueStatement } from '../../../src/queries/opportunities-due.ts'
import { startPlace } from '../place.ts'

const place = await startPlace()
const { client, database } = place

const tenantId = '11111111-0000-4000-8000-000000000001'

beforeAll(async () => {
  await client.query(`insert into tenants (id, slug, name) values ($1, 'tidewell', 'Tidewell')`, [tenantId])
})

afterAll(() => place.close())

/** Opportunities of which every second has a step, from a year ago to a year ahead. */
async function grow(to: number): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
     where indrelid = 'opportunities'::regclass and not indisprimary`,
  )
  // Indexes that are built at the end are built faster.
  for (const { name } of rows) await client.query(`drop index ${name}`)
  await client.query(
    `insert into opportunities (tenant_id, id, connection_id, source_id, content_hash, snapshot_id, changed_at, title, status, amount_minor, currency,
       next_action_at, next_action_details, version)
     select $1, gen_random_uuid(), $1, n::text, '', $1, now(), 'Deal ' || n, 'open', n, 'USD',
       case when n % 2 = 0 then now() + (n * 7919 % 1051200 - 525600) * interval '1 minute' end, case when n % 2 = 0 then 'Call' end, n % 2
     from generate_series((select count(*) + 1 from opportunities), $2::int) n`,
    [tenantId, to],
  )
  for (const { definition } of rows) await client.query(definition)
  await client.query('vacuum analyze opportunities')
}

type Plan = { 'Node Type': string; 'Index Name'?: string; 'Relation Name'?: string; Plans?: Plan[] }

/** How the list is found, as the web: every node that reads opportunities. */
async function reads(place: [string, string], generic: boolean): Promise<string[]> {
  const values = [tenantId, ...place, 51]
  const literal = values.map((value) => (typeof value === 'number' ? value : pg.escapeLiteral(value)))
  const types = ['uuid', 'timestamptz', 'uuid', 'bigint']
  const rows = await database.asTenant(tenantId, async (tx) => {
    await tx.$client.query(`set local plan_cache_mode = force_${generic ? 'generic' : 'custom'}_plan`)
    await tx.$client.query(`prepare due (${types.join(', ')}) as ${dueStatement}`)
    const found = await tx.$client.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(
      `explain (format json) execute due (${literal.join(', ')})`,
    )
    await tx.$client.query('deallocate due')
    return found.rows
  })
  return nodesOf(rows[0]?.['QUERY PLAN'][0]?.Plan)
    .filter((node) => node['Relation Name'] === 'opportunities' || node['Index Name']?.includes('opportunit'))
    .map((node) => `${node['Node Type']} ${node['Index Name']}`)
}

const nodesOf = (plan: Plan | undefined): Plan[] =>
  plan === undefined ? [] : [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

const beginning: [string, string] = ['-infinity', '00000000-0000-0000-0000-000000000000']
const middle: [string, string] = [new Date(Date.now() - 86_400_000 * 90).toISOString(), tenantId]

describe.each([1_000, 1_000_000])('of %i opportunities', (size) => {
  beforeAll(() => grow(size))

  test.each([
    ['the first page', beginning, false],
    ['the first page, planned for any', beginning, true],
    ['a later page', middle, false],
    ['a later page, planned for any', middle, true],
  ])('%s of what is due is read off its index and nothing else', async (_, place, generic) => {
    expect(await reads(place, generic)).toEqual(['Index Scan idx_opportunities_tenant_due'])
  })
})

test('a planted plan would be noticed: without the index there is another', async () => {
  await client.query('drop index idx_opportunities_tenant_due')
  expect(await reads(beginning, false)).not.toEqual(['Index Scan idx_opportunities_tenant_due'])
})
