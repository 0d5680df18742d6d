import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { findHoles } from './walls.ts'

let database: TestDatabase
let client: pg.Client
beforeAll(async () => {
  database = await createTestDatabase()
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

test('nothing in the catalogue lets one tenant near another', async () => {
  expect(await findHoles(client)).toEqual([])
})

const tenantTable = `create table buoys (tenant_id uuid not null, id uuid not null, primary key (tenant_id, id));`

/** Each is planted in a transaction that is rolled back, so that roles, which belong to the whole server, are safe too. */
test.each([
  ['a role that bypasses policies', `create role tidemark_planted bypassrls`, ['(S-20): tidemark_planted']],
  [
    'a superuser',
    `alter role tidemark_web superuser`,
    [
      '(S-20): tidemark_web',
      'CRM sent it: connection_secrets.sealed by tidemark_web',
      'CRM sent it: raw_snapshots.body by tidemark_web',
    ],
  ],
  ['a role that can sign in', `alter role tidemark_operator login`, ['(S-20): tidemark_operator']],
  [
    'a role that reads everything through another',
    `grant pg_read_all_data to tidemark_web`,
    ['(S-20): tidemark_web in pg_read_all_data'],
  ],
  ['a table that a program owns', `alter table notes owner to tidemark_worker`, ['(S-20): notes']],
  [
    'a table of tenants without any policy',
    tenantTable,
    ['escapes it (S-21): buoys', 'rows of one (S-21): buoys'],
  ],
  [
    'row security that the owner escapes',
    `${tenantTable} select app.protect('buoys'); alter table buoys no force row level security`,
    ['escapes it (S-21): buoys'],
  ],
  [
    'a policy that reads but does not check what is written',
    `${tenantTable} select app.protect('buoys'); alter policy tenant_rows on buoys with check (true)`,
    ['rows of one (S-21): buoys'],
  ],
  [
    'a policy that asks for no tenant',
    `alter policy tenant_rows on contacts using (tenant_id is not null) with check (tenant_id is not null)`,
    ['rows of one (S-21): contacts'],
  ],
  ['a second, wider policy', `create policy everyone on notes using (true)`, ['(S-21): notes.everyone']],
  [
    'an operator who may write',
    `drop policy operator_reads on sync_runs; create policy operator_reads on sync_runs to tidemark_operator using (true)`,
    ['(S-21): sync_runs.operator_reads'],
  ],
  ['a table without a tenant', `create table buoys (id uuid primary key)`, ['(S-22): buoys']],
  [
    'a partition that can be read by name',
    `grant select (id) on raw_snapshots_default to tidemark_web`,
    ['(S-24): raw_snapshots_default to tidemark_web'],
  ],
  [
    'a view that sees with the eyes of its owner',
    `create view everything as select * from notes`,
    ['(S-25): everything'],
  ],
  [
    'a materialised view',
    `create materialized view totals as select count(*) from notes; grant select on totals to tidemark_web`,
    ['(S-25): totals to tidemark_web'],
  ],
  [
    'a function with rights of its own',
    `create function app.all_notes() returns setof notes language sql security definer as 'select * from public.notes'`,
    [
      'other tables than ours (S-25): app.all_notes()',
      'not on the list (S-25): app.all_notes()',
      'ids and times (S-30): app.all_notes()',
      'changes tables (S-25): app.all_notes()',
    ],
  ],
  [
    'a function whose search path is not pinned',
    `alter function app.queued_runs(int) reset search_path`,
    ['other tables than ours (S-25): app.queued_runs(integer)'],
  ],
  [
    'a search path that begins with temporary tables',
    `alter function app.queued_runs(int) set search_path = pg_catalog, public`,
    ['other tables than ours (S-25): app.queued_runs(integer)'],
  ],
  [
    'a function of the schedule that anybody may call',
    `grant execute on function app.queued_runs(int) to public`,
    ['changes tables (S-25): app.queued_runs(integer)'],
  ],
  [
    'a foreign key by id alone',
    `create unique index notes_id on notes (id); alter table activities add constraint to_note foreign key (opportunity_id) references notes (id)`,
    ['(S-26): to_note', '(S-27): notes_id'],
  ],
  [
    'a unique key over all tenants',
    `create unique index one_email on contacts (email)`,
    ['(S-27): one_email'],
  ],
  [
    'a right to delete',
    `grant delete on contacts to tidemark_worker`,
    ['(S-28): contacts: DELETE to tidemark_worker'],
  ],
  [
    'a right to empty a table',
    `grant truncate on contacts to tidemark_web`,
    ['(S-28): contacts: TRUNCATE to tidemark_web'],
  ],
  [
    'a table that everybody may read',
    `grant select on contacts to public`,
    ['unknown (S-28): contacts to PUBLIC'],
  ],
  [
    'a right to whatever table is made next',
    `alter default privileges in schema public grant select on tables to tidemark_web`,
    ['(S-28): postgres to tidemark_web'],
  ],
  [
    'a right to create in our schema',
    `grant create on schema app to tidemark_worker`,
    ['(S-28): app to tidemark_worker'],
  ],
  [
    'a queue that reads records',
    `grant select on contacts to tidemark_queue`,
    ['(S-28): contacts to tidemark_queue'],
  ],
  [
    'a web that reads secrets',
    `grant select on connection_secrets to tidemark_web`,
    ['CRM sent it: connection_secrets.sealed by tidemark_web'],
  ],
  [
    'a person who reads records',
    `grant select on notes to tidemark_person`,
    ['on its list (S-28): SELECT on notes by tidemark_person'],
  ],
  [
    'a person who reads all tenants by a policy',
    `create policy everyone on sync_runs for select to tidemark_person using (true)`,
    ['(S-21): sync_runs.everyone'],
  ],
  [
    'a policy of a person that was widened to everything',
    `alter policy own_rows on tenants using (true)`,
    ['(S-21): tenants.own_rows'],
  ],
  [
    'a membership that counts after its end',
    `alter policy own_rows on memberships using (user_id = (select app.user_id()))`,
    ['(S-21): memberships.own_rows'],
  ],
  [
    'an operator inside one tenant who reads its deals',
    `grant select on opportunities to tidemark_watcher`,
    ['on its list (S-28): SELECT on opportunities by tidemark_watcher'],
  ],
  [
    'an operator inside one tenant who reads why a record was set aside',
    `grant select (reason) on quarantine to tidemark_watcher`,
    ['on its list (S-28): SELECT on quarantine.reason by tidemark_watcher'],
  ],
  [
    'an operator inside one tenant who reads pages as the CRM sent them',
    `grant select (body) on raw_snapshots to tidemark_watcher`,
    [
      'on its list (S-28): SELECT on raw_snapshots.body by tidemark_watcher',
      'CRM sent it: raw_snapshots.body by tidemark_watcher',
    ],
  ],
  [
    'an operator who reads the people of all tenants',
    `grant select (email) on auth.users to tidemark_operator`,
    ['on its list (S-28): SELECT on auth.users.email by tidemark_operator'],
  ],
  [
    'a web that reads sessions',
    `grant select on auth.sessions to tidemark_web`,
    ['their names (S-28): SELECT on auth.sessions by tidemark_web'],
  ],
  [
    'a web that reads how passwords were scattered',
    `grant select (password) on auth.accounts to tidemark_web`,
    ['their names (S-28): SELECT on auth.accounts.password by tidemark_web'],
  ],
  [
    'a web that reads which other workspaces a member tried to open',
    `grant select on auth.events to tidemark_web`,
    ['their names (S-28): SELECT on auth.events by tidemark_web'],
  ],
  [
    'a web that makes somebody an operator',
    `grant insert on agency_operators to tidemark_web`,
    ['their names (S-28): INSERT on agency_operators by tidemark_web'],
  ],
  [
    'a web that sees all people',
    `alter table auth.users disable row level security`,
    ['its policies (S-21): auth.users'],
  ],
  [
    'a sign-in library that reads records',
    `grant select on contacts to tidemark_auth`,
    ['on its list (S-28): SELECT on contacts by tidemark_auth'],
  ],
  [
    'a table of the sign-in library that nobody thought about',
    `create table auth.passkeys (id uuid)`,
    ['(S-22): auth.passkeys'],
  ],
  [
    'a function with rights of its own that answers with text',
    `create function app.name_of(tenant uuid) returns text language sql security definer set search_path = pg_catalog, public, pg_temp
       as 'select name from public.tenants where id = tenant';
     revoke execute on function app.name_of(uuid) from public; grant execute on function app.name_of(uuid) to tidemark_web`,
    [
      'not on the list (S-25): app.name_of(uuid)',
      'ids and times (S-30): app.name_of(uuid)',
      'never needs it (S-25): app.name_of(uuid) by tidemark_web',
    ],
  ],
  [
    'a person who asks whose key it is',
    `grant execute on function app.tenant_of_api_key(bytea) to tidemark_person`,
    ['never needs it (S-25): app.tenant_of_api_key(bytea) by tidemark_person'],
  ],
  [
    'a record that leads to a person by id alone',
    `alter table contacts add constraint to_person foreign key (id) references auth.users (id)`,
    ['(S-26): to_person'],
  ],
  [
    'an audit log that can be rewritten',
    `grant update (after) on audit_log to tidemark_web`,
    ['(S-77): UPDATE on audit_log.after by tidemark_web'],
  ],
  [
    'an audit log that can be shortened',
    `grant delete on audit_log to tidemark_worker`,
    ['(S-28): audit_log: DELETE to tidemark_worker'],
  ],
  [
    'deeds of sign-in that can be rewritten',
    `grant update on auth.events to tidemark_auth`,
    [
      'on its list (S-28): UPDATE on auth.events by tidemark_auth',
      '(S-77): UPDATE on auth.events by tidemark_auth',
    ],
  ],
])('%s is found', async (_, plant, expected) => {
  await client.query('begin')
  try {
    await client.query(plant)
    const found = await findHoles(client)
    expect(found.map((hole, at) => (hole.endsWith(expected[at] ?? '?') ? expected[at] : hole))).toEqual(
      expected,
    )
  } finally {
    await client.query('rollback')
  }
})
