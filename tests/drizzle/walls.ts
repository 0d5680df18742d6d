import type pg from 'pg'
import * as meant from './meant.ts'

/** What must not be found in a database if tenants are to be kept apart: each statement names the holes it finds. */
const ours = `n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'drizzle', 'queue')`
const list = (texts: readonly string[]) =>
  `(${texts.map((text) => `'${text.replaceAll("'", "''")}'`).join(', ')})`
const table = (rows: readonly (readonly (string | null)[])[], names: string) =>
  `(values ${rows.map((row) => `(${row.map((cell) => (cell === null ? 'null' : list([cell]).slice(1, -1))).join(', ')})`).join(', ')}) as v (${names})`
const programs = list(meant.programs)
const roles = list(meant.roles)
const tables = `pg_class c join pg_namespace n on n.oid = c.relnamespace`
const isTenants = `(c.relname = 'tenants' or exists (
  select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))`
/** What is granted on a relation or its columns to anybody but its owner. */
const grants = `(
  select c.oid, c.relowner, x.grantee, x.privilege_type, '' as part from pg_class c, aclexplode(c.relacl) x
  union all
  select c.oid, c.relowner, x.grantee, x.privilege_type, '.' || a.attname
  from pg_attribute a join pg_class c on c.oid = a.attrelid, aclexplode(a.attacl) x)`
const granteeName = `case g.grantee when 0 then 'PUBLIC' else pg_get_userbyid(g.grantee) end`
const right = `(g.privilege_type || ' on ' || c.oid::regclass || g.part)`
/** A policy's condition in one line. */
const words = (condition: string) => `regexp_replace(pg_get_expr(${condition}, p.polrelid), '\\s+', ' ', 'g')`
const furtherPolicies = table(meant.furtherPolicies, 'relname, polname, role, command, rows')
const definerFunctions = table(meant.definerFunctions, 'signature, owner, caller')
const narrowRights = table(
  Object.entries(meant.narrowRoles).flatMap(([role, rights]) => rights.map((line) => [role, line])),
  'role, line',
)

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
        and pg_get_expr(p.polqual, p.polrelid)
          = case c.relname when 'tenants' then '${meant.tenantRows('id')}' else '${meant.tenantRows('tenant_id')}' end)`,
  'a policy that is not on the list (S-21)': `
    select p.polrelid::regclass || '.' || p.polname from pg_policy p
    where p.polname <> 'tenant_rows' and not exists (
      select from ${furtherPolicies} where v.relname = p.polrelid::regclass::text and v.polname = p.polname and v.command = p.polcmd::text
        and p.polpermissive and p.polroles = array[v.role::regrole::oid] and ${words('p.polqual')} = v.rows
        and ${words('p.polwithcheck')} is not distinct from case v.command when '*' then v.rows end)`,
  'a table of people shows all of them, or its owner escapes its policies (S-21)': `
    select c.oid::regclass::text from ${tables}
    where c.oid::regclass::text in ${list(meant.peopleTables)} and not (c.relrowsecurity and c.relforcerowsecurity)`,
  'a table without a tenant that is not on the list (S-22)': `
    select c.oid::regclass::text from ${tables} where ${ours} and c.relkind in ('r', 'p', 'f') and not ${isTenants}
      and c.oid::regclass::text not in ${list(meant.tablesWithoutTenant)}`,
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
  'somebody may call a function with rights of its own who never needs it (S-25)': `
    select p.oid::regprocedure || ' by ' || ${granteeName} from pg_proc p join pg_namespace n on n.oid = p.pronamespace, aclexplode(p.proacl) g
    where ${ours} and p.prosecdef and g.grantee not in (0, p.proowner) and not exists (
      select from ${definerFunctions} where v.signature = p.oid::regprocedure::text and v.caller = ${granteeName})`,
  'a question to all tenants is answered with more than ids and times (S-30)': `
    select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where ${ours} and p.prosecdef and exists (
      select from unnest(coalesce(p.proallargtypes, array[p.prorettype]), coalesce(p.proargmodes, '{t}')) as a (type, mode)
      where a.mode in ('t', 'o', 'b') and a.type not in ('uuid'::regtype, 'timestamptz'::regtype, 'int'::regtype, 'void'::regtype))`,
  'a foreign key leads from one tenant to another (S-26)': `
    select k.conname from pg_constraint k join ${tables} on c.oid = k.conrelid
    join pg_attribute a on a.attrelid = k.conrelid and a.attname = 'tenant_id'
    where ${ours} and k.contype = 'f' and k.conkey[1] <> a.attnum
      and k.conname || ': ' || k.confrelid::regclass not in ${list(meant.keysToPeople)}`,
  'a unique key tells of other tenants (S-27)': `
    select i.indexrelid::regclass::text from pg_index i join ${tables} on c.oid = i.indrelid
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' where ${ours} and i.indisunique and i.indkey[0] <> a.attnum`,
  'somebody may delete, empty or rebuild what belongs to tenants (S-28)': `
    select c.relname || ': ' || g.privilege_type || ' to ' || ${granteeName} from ${grants} g join ${tables} on c.oid = g.oid
    where ${ours} and g.grantee <> g.relowner and g.privilege_type not in ('SELECT', 'INSERT', 'UPDATE')
      and not (g.privilege_type = 'DELETE' and c.oid::regclass || ' by ' || ${granteeName} in ${list(meant.mayDelete)})`,
  'something is granted to everybody, or to somebody unknown (S-28)': `
    select c.relname || ' to ' || ${granteeName} from ${grants} g join ${tables} on c.oid = g.oid
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and g.grantee <> g.relowner and ${granteeName} not in ${roles}`,
  'what is made from now on is granted to somebody (S-28)': `
    select pg_get_userbyid(d.defaclrole) || ' to ' || ${granteeName} from pg_default_acl d, aclexplode(d.defaclacl) g
    where g.grantee <> d.defaclrole`,
  'somebody may create in a schema (S-28)': `
    select n.nspname || ' to ' || ${granteeName} from pg_namespace n, aclexplode(n.nspacl) g
    where n.nspname !~ '^pg_' and g.grantee <> n.nspowner and g.privilege_type = 'CREATE'
      and not pg_has_role('pg_database_owner', g.grantee, 'member') and ${granteeName} <> 'pg_database_owner'`,
  'the queue reaches beyond its schema, or another role into it (S-28)': `
    select c.relname || ' to ' || ${granteeName} from ${grants} g join ${tables} on c.oid = g.oid
    where g.grantee <> g.relowner and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and (n.nspname = 'queue') <> (${granteeName} = 'tidemark_queue')`,
  'a narrow role may do what is not on its list (S-28)': `
    select ${right} || ' by ' || ${granteeName} from ${grants} g join pg_class c on c.oid = g.oid
    where ${granteeName} in ${list(Object.keys(meant.narrowRoles))}
      and not exists (select from ${narrowRights} where v.role = ${granteeName} and v.line = ${right})`,
  'somebody but the sign-in library sees more of people than their names (S-28)': `
    select ${right} || ' by ' || ${granteeName} from ${grants} g join ${tables} on c.oid = g.oid
    where (n.nspname = 'auth' or c.oid::regclass::text in ${list(meant.peopleTables)}) and g.grantee <> g.relowner
      and ${granteeName} not in ${list(Object.keys(meant.narrowRoles))}
      and not (${granteeName} = 'tidemark_web' and ${right} in ${list(meant.peopleForTheWeb)})`,
  'what was written down once can be changed (S-77)': `
    select ${right} || ' by ' || ${granteeName} from ${grants} g join pg_class c on c.oid = g.oid
    where c.oid::regclass::text in ${list(meant.appendOnly)} and g.grantee <> g.relowner and g.privilege_type = 'UPDATE'`,
  'somebody but the worker may read a secret, or a page as the CRM sent it': `
    select what || ' by ' || role from unnest(array${JSON.stringify(meant.roles).replaceAll('"', "'")}) as role,
      (values ('connection_secrets', 'sealed'), ('raw_snapshots', 'body')) as v (rel, col), concat(rel, '.', col) as what
    where role <> 'tidemark_worker' and has_column_privilege(role, rel, col, 'select')`,
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
