import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'
import pg from 'pg'

const RealDate = Date
const realPause = timers.setTimeout

/**
 * Time that is moved by hand, for everybody at once: the database, whose `now()` and `clock_timestamp()` are shadowed by functions of
 * the same names that are found first; and this process, whose `Date` is replaced. Between two moves it goes on as real time does.
 * Nobody waits for a pause that is asked of `node:timers/promises` (between tries, or because a CRM wants silence): time is moved on by it.
 * What is left in real time: `performance.now()`, `setTimeout` (limits of requests, beats of a lease) and the age of sockets.
 */
export class MovedTime {
  readonly #client: pg.Client
  #aheadMs = 0

  private constructor(client: pg.Client) {
    this.#client = client
  }

  /** Of a migrated database that nobody has opened yet. */
  static async in(databaseUrl: string): Promise<MovedTime> {
    const client = new pg.Client({ connectionString: databaseUrl, application_name: 'moved time' })
    await client.connect()
    await client.query(shadows)
    const time = new MovedTime(client)
    timers.setTimeout = ((ms: number, value: unknown, options?: { signal?: AbortSignal }) =>
      time.#pause(ms, value, options?.signal)) as typeof realPause
    syncBuiltinESMExports()
    return time
  }

  /** It is `ms` since 1970 now. */
  async moveTo(ms: number): Promise<void> {
    this.#aheadMs = ms - RealDate.now()
    await this.#client.query(`update moved.clock set ahead = make_interval(secs => $1)`, [
      this.#aheadMs / 1_000,
    ])
    globalThis.Date = dateAhead(() => this.#aheadMs)
  }

  async #pause<T>(ms: number, value: T, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    await this.moveTo(Date.now() + ms)
    return value
  }

  async close(): Promise<void> {
    globalThis.Date = RealDate
    timers.setTimeout = realPause
    syncBuiltinESMExports()
    await this.#client.end()
  }
}

function dateAhead(aheadMs: () => number): DateConstructor {
  return new Proxy(RealDate, {
    construct: (_, given: []) =>
      given.length === 0 ? new RealDate(RealDate.now() + aheadMs()) : new RealDate(...given),
    get: (target, key) =>
      key === 'now' ? () => RealDate.now() + aheadMs() : (Reflect.get(target, key) as unknown),
  })
}

/** Defaults and functions that were bound to the real clock when they were made are bound to this one. */
const shadows = `
  create schema moved;
  create table moved.clock (ahead interval not null);
  insert into moved.clock values (interval '0');
  -- Stands still within a transaction, as the real one does, though time is moved on meanwhile.
  create function moved.now() returns timestamptz language plpgsql stable as $$
  declare fixed text := nullif(current_setting('moved.ahead', true), '');
  begin
    if fixed is null then
      select ahead::text into fixed from moved.clock;
      perform set_config('moved.ahead', fixed, true);
    end if;
    return pg_catalog.now() + fixed::interval;
  end $$;
  create function moved.clock_timestamp() returns timestamptz language sql volatile as
    'select pg_catalog.clock_timestamp() + ahead from moved.clock';
  grant usage on schema moved to public;
  grant select on moved.clock to public;
  do $$
  declare it record;
  begin
    execute format('alter database %I set search_path = moved, pg_catalog, public', current_database());
    for it in
      select a.attrelid::regclass as place, a.attname as name, pg_get_expr(d.adbin, d.adrelid) as formula
      from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
        join pg_class c on c.oid = d.adrelid
      where c.relnamespace = 'public'::regnamespace and a.attgenerated = ''
        and pg_get_expr(d.adbin, d.adrelid) ~ '(clock_timestamp|now)\\(\\)'
    loop
      execute format('alter table %s alter column %I set default %s', it.place, it.name,
        regexp_replace(it.formula, '(pg_catalog\\.)?(clock_timestamp|now)\\(\\)', 'moved.\\2()', 'g'));
    end loop;
    for it in
      select p.oid::regprocedure as name, substring(setting from '^search_path=(.*)$') as path
      from pg_proc p, unnest(p.proconfig) as setting
      where p.pronamespace = 'app'::regnamespace and setting like 'search_path=%'
    loop
      execute format('alter function %s set search_path = moved, %s', it.name, it.path);
    end loop;
  end $$`
