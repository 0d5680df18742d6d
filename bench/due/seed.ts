import { hash, randomBytes } from 'node:crypto'
import { hashPassword } from 'better-auth/crypto'
import type pg from 'pg'

export const large = { id: '00000000-0000-4000-8000-000000000001', slug: 'large' }
export const password = 'low tide at nine'
export const email = 'bench@example.com'
/** The tenants of a thousand opportunities each, besides the large one. */
export const small = (nth: number) => ({
  id: `00000000-0000-4000-9000-${String(nth).padStart(12, '0')}`,
  slug: `small-${nth}`,
})

/**
 * One tenant with `rows` opportunities and `tenants` with a thousand each; every second opportunity has a next action between a year
 * ago and a year ahead. Each has a member of its own with an API key; the keys are given, the large one's first.
 */
export async function seed(client: pg.Client, rows: number, tenants: number): Promise<string[]> {
  await client.query(
    `insert into tenants (id, slug, name) select * from unnest($1::uuid[], $2::text[], $2::text[])`,
    columns([large, ...Array.from({ length: tenants }, (_, nth) => small(nth))]),
  )
  await client.query(
    `insert into connections (tenant_id, id, connector, name) select id, id, 'clienttether', 'ClientTether' from tenants`,
  )
  await client.query(
    `insert into stream_cursors (tenant_id, connection_id, stream, fresh_at, fence, updated_at)
     select id, id, stream, now(), 1, now() from tenants,
       unnest(array['owners', 'stages', 'lead_sources', 'leads', 'opportunities', 'notes', 'activities']) stream`,
  )
  await seedRecords(client, rows)
  await client.query('vacuum analyze')
  return seedPeople(client)
}

const columns = (of: { id: string; slug: string }[]) => [of.map(({ id }) => id), of.map(({ slug }) => slug)]

async function seedRecords(client: pg.Client, rows: number): Promise<void> {
  const indexes = await client.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
     where indrelid = 'opportunities'::regclass and not indisprimary`,
  )
  // Indexes that are built at the end are built faster.
  for (const { name } of indexes.rows) await client.query(`drop index ${name}`)
  const record = `t.id, gen_random_uuid(), t.id, n::text, '', t.id, now()`
  await client.query(
    `insert into stages (tenant_id, id, connection_id, source_id, content_hash, snapshot_id, changed_at, name, position, is_active, outcome)
     select ${record}, 'Stage ' || n, n, true, 'open' from tenants t, generate_series(1, 10) n`,
  )
  await client.query(
    `insert into owners (tenant_id, id, connection_id, source_id, content_hash, snapshot_id, changed_at, name)
     select ${record}, 'Owner ' || n from tenants t, generate_series(1, 10) n`,
  )
  await client.query(
    `insert into opportunities (tenant_id, id, connection_id, source_id, content_hash, snapshot_id, changed_at, title, status, amount_minor, currency,
       stage_id, owner_id, next_action_at, next_action_details, version)
     select ${record}, 'Deal of somebody ' || n, 'open', n * 100, 'USD', s.ids[1 + n % 10], w.ids[1 + n % 10],
       case when n % 2 = 0 then now() + (n::bigint * 7919 % 1051200 - 525600) * interval '1 minute' end,
       case when n % 2 = 0 then 'Call to confirm that the documents have arrived' end, (n + 1) % 2
     from tenants t
     join lateral (select array_agg(id) as ids from stages where tenant_id = t.id) s on true
     join lateral (select array_agg(id) as ids from owners where tenant_id = t.id) w on true,
     generate_series(1, case t.id when $1 then $2 else 1000 end) n`,
    [large.id, rows],
  )
  for (const { definition } of indexes.rows) await client.query(definition)
}

/** The member of a tenant has its id; the one of the large tenant can sign in. */
async function seedPeople(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>('select id from tenants order by id')
  const ids = rows.map(({ id }) => id)
  const keys = ids.map(() => `tdm_${randomBytes(32).toString('base64url')}`)
  await client.query(
    `insert into auth.users (id, name, email, email_verified)
     select id, 'Bench', case id when $1 then $2 else slug || '@example.com' end, true from tenants`,
    [large.id, email],
  )
  await client.query(
    `insert into auth.accounts (id, user_id, provider_id, account_id, password) values ($1::uuid, $1::uuid, 'credential', $1::uuid::text, $2)`,
    [large.id, await hashPassword(password)],
  )
  await client.query(`insert into memberships (tenant_id, user_id, role) select id, id, 'admin' from tenants`)
  await client.query(
    `insert into api_keys (tenant_id, id, user_id, name, prefix, hash, scopes, expires_at)
     select k.id, app.uuid_v7(), k.id, 'bench', k.prefix, k.hash, '{read,write}', now() + interval '1 day'
     from unnest($1::uuid[], $2::text[], $3::bytea[]) as k (id, prefix, hash)`,
    [ids, keys.map((key) => key.slice(0, 12)), keys.map((key) => hash('sha256', key, 'buffer'))],
  )
  await client.query('analyze')
  return keys
}
