import type pg from 'pg'

/**
 * What must not be found in a database if tenants are to be kept apart: each statement names the holes it finds. The lists
 * say which exceptions were meant.
 */
const ours = `n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'drizzle', 'queue')`
const programs = `('tidemark_worker', 'tidemark_web', 'tidemark_operator', 'tidemark_queue')`
const roles = `('tidemark_worker', 'tidemark_web', 'tidemark_operator', 'tidemark_queue', 'tidemark_definer')`
const tables = `pg_class c join pg_namespace n on n.oid = c.relnamespace`
const isTenants = `(c.relname = 'tenants' or exists (
  select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))`
/** What is granted on a relation or its columns to anybody but its owner. */
const grants = `(
  select c.oid, c.relowner, x.grantee, x.privilege_type from pg_class c, aclexplode(c.relacl) x
  union all
  select c.oid, c.relowner, x.grantee, x.privilege_type from pg_attribute a join pg_class c on c.oid = a.attrelid, aclexplode(a.attacl) x)`
const granteeName = `case g.grantee when 0 then 'PUBLIC' else pg_get_userbyid(g.grantee) end`

/** Besides the tenant's own: operators read the state of syncs, the definer functions of the schedule claim runs. */
const furtherPolicies = `(values
  ('tenants', 'operator_reads'), ('connections', 'operator_reads'), ('sync_runs', 'operator_reads'),
  ('sync_run_streams', 'operator_reads'), ('stream_cursors', 'operator_reads'), ('quarantine', 'operator_reads'),
  ('connections', 'schedule_claims'), ('sync_runs', 'schedule_claims'), ('sync_run_streams', 'schedule_claims')) as v (relname, polname)`

/** The last two need a table's owner, whoever that is where they were installed; they take no text and touch no row. */
const definerFunctions = `(values
  ('app.claim_due_slots(timestamp with time zone,interval,integer)', 'tidemark_definer'),
  ('app.queued_runs(integer)', 'tidemark_definer'),
  ('app.reap_dead_runs(interval,text,text)', 'tidemark_definer'),
  ('app.make_snapshot_partitions(integer)', null),
  ('app.analyze_records()', null)) as v (signature, owner)`

const walls: Record<string, string> = {
  'a role of ours may do what it never needs (S-20)': `
    select rolname from pg_roles
    where rolname ~ '^tidemark_' and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolcanlogin or rolreplication)`,
  'a role of ours is a member of another role (S-20)': `
    select pg_get_userbyid(member) || ' in ' || pg_get_userbyid(roleid) from pg_auth_members where pg_get_userbyid(member) ~ '^tidemark_'`,
  'a role of ours owns something (S-20)': `
    select c.relname from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and pg_get_userbyid(c.relowner) in ${roles}
    union all select n.nspname from pg_namespace n where pg_get_userbyid(n.nspowner) in ${roles}
    union all select p.proname from pg_proc p where pg_get_userbyid(p.proowner) in ${programs}
    union all select p.proname from pg_proc p where pg_get_userbyid(p.proowner) = 'tidemark_definer'
      and not exists (select from ${definerFunctions} where v.signature = p.oid::regprocedure::text and v.owner = 'tidemark_definer')`,
  'a table of tenants has no row security, or its owner escapes it (S-21)': `
    select c.relname from ${tables}
    where ${ours} and c.relkind in ('r', 'p') and ${isTenants} and not (c.relrowsecurity and c.relforcerowsecurity)`,
  'a table of tenants lacks the policy that shows the rows of one (S-21)': `
    select c.relname from ${tables} where ${ours} and c.relkind in ('r', 'p') and ${isTenants} and not exists (
      select from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant_rows' and p.polpermissive and p.polcmd = '*'
        and array(select rolname::text from pg_roles where oid = any(p.polroles) order by 1) = '{tidemark_web,tidemark_worker}'
        and pg_get_expr(p.polqual, p.polrelid) = pg_get_expr(p.polwithcheck, p.polrelid)
        and pg_get_expr(p.polqual, p.polrelid) = '(' || case c.relname when 'tenants' then 'id' else 'tenant_id' end
          || ' = ( SELECT app.tenant_id() AS tenant_id))')`,
  'a policy that is not on the list (S-21)': `
    select c.relname || '.' || p.polname from pg_policy p join pg_class c on c.oid = p.polrelid
    where p.polname <> 'tenant_rows' and not exists (
      select from ${furtherPolicies} where v.relname = c.relname and v.polname = p.polname
        and case v.polname
          when 'operator_reads' then p.polcmd = 'r' and p.polroles = array['tidemark_operator'::regrole::oid]
          else p.polroles = array['tidemark_definer'::regrole::oid] end)`,
  'a table without a tenant that is not on the list (S-22)': `
    select c.relname from ${tables} where ${ours} and c.relkind in ('r', 'p', 'f') and not ${isTenants} and c.relname <> 'workers'`,
  'something is granted on a partition (S-24)': `
    select c.relname || ' to ' || ${granteeName} from ${grants} g join ${tables} on c.oid = g.oid
    where ${ours} and c.relispartition and g.grantee <> g.relowner`,
  'a view shows what its owner may see (S-25)': `
    select c.relname from ${tables} where ${ours} and c.relkind = 'v'
      and not coalesce(c.reloptions @> '{security_invoker=true}' or c.reloptions @> '{security_invoker=on}', false)`,
  'something is granted on a materialised view (S-25)': `
    select c.relname || ' to ' || ${granteeName} from ${grants} g join pg_class c on c.oid = g.oid
    where c.relkind = 'm' and g.grantee <> g.relowner`,
  'a function with rights of its own is not on the list (S-25)': `
    select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname !~ '^pg_' and p.prosecdef and not exists (
      select from ${definerFunctions} where v.signature = p.oid::regprocedure::text and coalesce(v.owner = pg_get_userbyid(p.proowner), true))`,
  'a function with rights of its own can be shown other tables than ours (S-25)': `
    select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname !~ '^pg_' and p.prosecdef
      and not coalesce(p.proconfig @> '{"search_path=pg_catalog, public, pg_temp"}', false)`,
  'everybody may call a function with rights of its own, or one that changes tables (S-25)': `
    select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where ${ours} and (p.prosecdef or p.proname = 'protect')
      and (p.proacl is null or exists (select from aclexplode(p.proacl) x where x.grantee = 0))`,
  'a question to all tenants is answered with more than ids and times (S-30)': `
    select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where ${ours} and p.prosecdef and exists (
      select from unnest(coalesce(p.proallargtypes, array[p.prorettype]), coalesce(p.proargmodes, '{t}')) as a (type, mode)
      where a.mode in ('t', 'o', 'b') and a.type not in ('uuid'::regtype, 'timestamptz'::regtype, 'int'::regtype, 'void'::regtype))`,
  'a foreign key leads from one tenant to another (S-26)': `
    select k.conname from pg_constraint k join ${tables} on c.oid = k.conrelid
    join pg_attribute a on a.attrelid = k.conrelid and a.attname = 'tenant_id'
    where ${ours} and k.contype = 'f' and k.conkey[1] <> a.attnum`,
  'a unique key tells of other tenants (S-27)': `
    select i.indexrelid::regclass::text from pg_index i join ${tables} on c.oid = i.indrelid
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' where ${ours} and i.indisunique and i.indkey[0] <> a.attnum`,
  'somebody may delete, empty or rebuild what belongs to tenants (S-28)': `
    select c.relname || ': ' || g.privilege_type || ' to ' || ${granteeName} from ${grants} g join ${tables} on c.oid = g.oid
    where ${ours} and g.grantee <> g.relowner and g.privilege_type not in ('SELECT', 'INSERT', 'UPDATE')
      and not (c.relname = 'workers' and g.privilege_type = 'DELETE' and ${granteeName} = 'tidemark_worker')`,
  'something is granted to everybody, or to somebody unknown (S-28)': `
    select c.relname || ' to ' || ${granteeName} from ${grants} g join ${tables} on c.oid = g.oid
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and g.grantee <> g.relowner and ${granteeName} not in ${roles}`,
  'somebody may create in a schema (S-28)': `
    select n.nspname || ' to ' || ${granteeName} from pg_namespace n, aclexplode(n.nspacl) g
    where n.nspname !~ '^pg_' and g.grantee <> n.nspowner and g.privilege_type = 'CREATE'
      and not pg_has_role('pg_database_owner', g.grantee, 'member') and ${granteeName} <> 'pg_database_owner'`,
  'the queue reaches beyond its schema, or another role into it (S-28)': `
    select c.relname || ' to ' || ${granteeName} from ${grants} g join ${tables} on c.oid = g.oid
    where g.grantee <> g.relowner and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and (n.nspname = 'queue') <> (${granteeName} = 'tidemark_queue')`,
  'the web may read a secret, or a page as the CRM sent it': `
    select 'connection_secrets.sealed' where has_column_privilege('tidemark_web', 'connection_secrets', 'sealed', 'select')
    union all select 'raw_snapshots.body' where has_column_privilege('tidemark_web', 'raw_snapshots', 'body', 'select')`,
}

/** One line for each hole: which wall, and what stands there instead. */
export async function findHoles(client: pg.Client): Promise<string[]> {
  const holes: string[] = []
  for (const [wall, statement] of Object.entries(walls)) {
    const { rows } = await client.query<[string]>({ text: statement, rowMode: 'array' })
    holes.push(...rows.map(([what]) => `${wall}: ${what}`))
  }
  return holes.sort()
}
