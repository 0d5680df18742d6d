import type pg from 'pg'
import { keysToPeople } from './meant.ts'

/** Schemas of others: Postgres's own, drizzle's, pg-boss's. */
const ours = `n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'drizzle', 'queue')`

/**
 * What the tables of a database are, one line each for every column, key, check and index, without what a partition
 * repeats of its parent. Two databases with equal lines are equal to everyone who uses them.
 */
const tableLines = `
  select c.oid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || case when a.attnotnull then ' not null' else '' end
    || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where ${ours} and c.relkind in ('r', 'p') and not c.relispartition
  union all
  select c.oid::regclass || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
  where ${ours} and not c.relispartition and k.contype in ('p', 'u', 'f', 'c', 'x', 't')
  union all
  select replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ')
  from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
  where ${ours} and not c.relispartition and c.relkind in ('r', 'p')`

/** Everything else: whatever has a name of its own, with its definition, its grants and its switches. Partitions named after a day or a month follow the clock and are left out. */
const otherLines = `
  select concat_ws(' ', 'relation', c.oid::regclass, c.relkind, c.relpersistence, c.relacl, c.reloptions, c.relrowsecurity, c.relforcerowsecurity,
    pg_get_expr(c.relpartbound, c.oid))
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relname !~ '_\\d{4}_?\\d\\d'
  union all
  select concat_ws(' ', 'column', a.attrelid::regclass, a.attname, a.attacl) from pg_attribute a
  join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace where ${ours} and a.attacl is not null
  union all
  select concat_ws(' ', 'policy', p.polname, p.polrelid::regclass, p.polroles, p.polcmd, pg_get_expr(p.polqual, p.polrelid),
    pg_get_expr(p.polwithcheck, p.polrelid)) from pg_policy p where p.polrelid::regclass::text !~ '_\\d{4}_?\\d\\d'
  union all
  select concat_ws(' ', pg_get_functiondef(p.oid), p.proacl, pg_get_userbyid(p.proowner))
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${ours}
  union all
  select concat_ws(' ', 'schema', n.nspname, n.nspacl) from pg_namespace n where n.nspname !~ '^pg_'
  union all
  select concat_ws(' ', 'type', t.typname) from pg_type t join pg_namespace n on n.oid = t.typnamespace
  where ${ours} and t.typtype in ('e', 'd', 'r', 'm')
  union all
  select concat_ws(' ', 'trigger', t.tgname, t.tgrelid::regclass) from pg_trigger t where not t.tgisinternal
  union all
  select concat_ws(' ', 'role', rolname, rolsuper, rolinherit, rolcanlogin, rolbypassrls) from pg_roles where rolname ~ '^tidemark_'`

export const readTables = (client: pg.Client): Promise<string[]> => linesOf(client, tableLines)

export const readEverything = async (client: pg.Client): Promise<string[]> => [
  ...(await readTables(client)),
  ...(await linesOf(client, otherLines)),
]

/** Names of everything in our schemas that is no table, index or constraint of a table. */
export const readOthers = (client: pg.Client): Promise<string[]> =>
  linesOf(
    client,
    `select case c.relkind when 'v' then 'view ' when 'm' then 'materialised view ' when 'S' then 'sequence ' when 'f' then 'foreign table '
       else 'partition ' end || c.oid::regclass
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where ${ours} and (c.relkind in ('v', 'm', 'S', 'f') or c.relispartition and c.relkind in ('r', 'p'))
     union all
     select 'trigger ' || t.tgname from pg_trigger t where not t.tgisinternal
       and t.tgrelid in (select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours})
     union all
     select 'function ' || p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${ours}
     union all
     select 'type ' || t.typname from pg_type t join pg_namespace n on n.oid = t.typnamespace where ${ours} and t.typtype in ('e', 'd', 'r', 'm')`,
  )

/** Keys and unique indexes of tables with a tenant that do not begin with it, but for the keys that lead to a person. */
export const readKeysWithoutTenant = (client: pg.Client): Promise<string[]> =>
  linesOf(
    client,
    `with tenant as (select attrelid, attnum from pg_attribute where attname = 'tenant_id' and not attisdropped)
     select k.conname || ' ' || pg_get_constraintdef(k.oid) from pg_constraint k
     join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
     join tenant t on t.attrelid = k.conrelid
     where ${ours} and k.contype in ('p', 'u', 'f') and k.conname || ': ' || k.confrelid::regclass not in (${keysToPeople.map((key) => `'${key}'`).join(', ')})
       and (k.conkey[1] <> t.attnum
       or k.contype = 'f' and k.confrelid <> 'tenants'::regclass
         and k.confkey[1] is distinct from (select attnum from tenant other where other.attrelid = k.confrelid))
     union all
     select pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indrelid
     join pg_namespace n on n.oid = c.relnamespace join tenant t on t.attrelid = c.oid
     where ${ours} and i.indisunique and i.indkey[0] <> t.attnum`,
  )

async function linesOf(client: pg.Client, statement: string): Promise<string[]> {
  const { rows } = await client.query<[string]>({ text: statement, rowMode: 'array' })
  return rows.map(([line]) => line).sort()
}
