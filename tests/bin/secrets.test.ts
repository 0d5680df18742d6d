import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect, type Database } from '../../drizzle/db.ts'
import { openKeyring, seal, sealingKeyOf, unseal, type Keyring } from '../../drizzle/seal.ts'
import { publishSealingKey } from '../../drizzle/sealing-keys.ts'
import { changeConnection } from '../../src/commands/change-connection.ts'
import { readSealingKey } from '../../src/queries/sealing-key.ts'
import { clientTether } from '../../worker/connectors/clienttether.ts'
import { connectors } from '../../worker/connectors/registry.ts'
import { openConnection } from '../../worker/open.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { launch, tidemark } from './tidemark.ts'

const secrets = {
  first: 'CANARY-the-first-secret-of-this-installation',
  second: 'CANARY-the-second-secret-of-this-installation',
  third: 'CANARY-the-third-secret-of-this-installation',
}
type Place = { tenantId: string; connectionId: string }

let testDatabase: TestDatabase
let client: pg.Client
let web: Database
let worker: Database

const open = (role: 'tidemark_web' | 'tidemark_worker') =>
  connect({ url: testDatabase.url, role, max: 4, statementTimeoutMs: 20_000, onError: () => undefined })

beforeEach(async () => {
  testDatabase = await createTestDatabase()
  client = new pg.Client({ connectionString: testDatabase.url })
  await client.connect()
  web = open('tidemark_web')
  worker = open('tidemark_worker')
})
afterEach(async () => {
  await web.close()
  await worker.close()
  await client.end()
  await testDatabase.drop()
})

const environment = (current: string, ...former: string[]) => ({
  DATABASE_URL: testDatabase.url,
  TIDEMARK_SECRET: current,
  TIDEMARK_OLD_SECRETS: former.join(','),
})
const rotate = (current: string, ...former: string[]) =>
  tidemark(['secrets', 'rotate'], environment(current, ...former))

/** So many connections, two to a client, with their secrets sealed under a key of its own. */
async function addConnections(count: number, secret: string): Promise<Place[]> {
  const key = await sealingKeyOf(secret)
  await publishSealingKey(worker, await openKeyring([secret]))
  const places: Place[] = []
  for (let nth = 0; nth < count; nth += 1) {
    const tenantId = (nth % 2 === 1 && places.at(-1)?.tenantId) || randomUUID()
    const place = { tenantId, connectionId: randomUUID() }
    await client.query('insert into tenants (id, slug, name) values ($1, $2, $2) on conflict do nothing', [
      tenantId,
      `t-${tenantId}`,
    ])
    await client.query(
      `insert into connections (tenant_id, id, connector, name) values ($1, $2, 'clienttether', $3)`,
      [tenantId, place.connectionId, `Connection ${nth}`],
    )
    for (const field of ['accessToken', 'webKey']) {
      const { keyId, sealed, hint } = await seal(key, { ...place, field }, `CANARY ${field} 0 of ${nth}`)
      await client.query('insert into connection_secrets values ($1, $2, $3, $4, $5, $6)', [
        tenantId,
        place.connectionId,
        field,
        keyId,
        sealed,
        hint,
      ])
    }
    places.push(place)
  }
  return places
}

/** How many secrets are sealed with each key. */
async function keysInUse(): Promise<Record<string, number>> {
  const { rows } = await client.query<{ key_id: string; count: number }>(
    'select key_id, count(*)::int as count from connection_secrets group by 1',
  )
  return Object.fromEntries(rows.map(({ key_id, count }) => [key_id, count]))
}

async function opened(keyring: Keyring): Promise<Map<string, string>> {
  const { rows } = await client.query<{
    tenant_id: string
    connection_id: string
    field: string
    key_id: string
    sealed: Buffer
  }>('select tenant_id, connection_id, field, key_id, sealed from connection_secrets')
  const all = new Map<string, string>()
  for (const row of rows) {
    const place = { tenantId: row.tenant_id, connectionId: row.connection_id, field: row.field }
    all.set(
      `${row.connection_id} ${row.field}`,
      await unseal(keyring, place, { keyId: row.key_id, sealed: row.sealed }),
    )
  }
  return all
}

/** People who change credentials and workers that open them, until it is stopped; what was entered last, by place. */
function startLoad(places: Place[], keyring: Keyring) {
  const entered = new Map<string, string>()
  const problems: unknown[] = []
  const ending = new AbortController()
  let opens = 0
  const change = async () => {
    for (let version = 1; !ending.signal.aborted; version += 1) {
      const place = places[(version * 7) % places.length]
      if (!place) return
      const given = {
        accessToken: `CANARY accessToken ${version}`,
        webKey: `CANARY webKey ${version}`,
      }
      await web.asTenant(place.tenantId, async (tx) => {
        const sealingKey = await readSealingKey(tx)
        if (!sealingKey) throw new Error('no key is published')
        const options = { connector: clientTether, sealingKey, allowPrivateHosts: false }
        const outcome = await changeConnection(tx, place.connectionId, { secrets: given }, options)
        expect(outcome.kind).toBe('changed')
      })
      for (const [field, secret] of Object.entries(given))
        entered.set(`${place.connectionId} ${field}`, secret)
      await sleep(3)
    }
  }
  const read = async () => {
    const options = {
      database: worker,
      databaseUrl: testDatabase.url,
      connectors,
      keyring,
      allowPrivateHosts: false,
      stopping: new AbortController().signal,
    }
    for (; !ending.signal.aborted; opens += 1) {
      const place = places[opens % places.length]
      if (!place) return
      const { fetcher } = await openConnection(options, place)
      await fetcher.close()
    }
  }
  const noted = (error: unknown) => void problems.push(error)
  // One person only: two who change one connection at once would make the last word a matter of luck.
  const running = [change().catch(noted), read().catch(noted)]
  return async () => {
    ending.abort()
    await Promise.all(running)
    return { entered, problems, opens }
  }
}

/** Ends a rotation with force in the middle of a client's transaction, when it is done with so many others. */
async function rotateAndDie(clients: number, current: string, ...former: string[]): Promise<void> {
  await client.query('delete from audit_log')
  await client.query(`
    create function stand_still() returns trigger language plpgsql security definer as $$
      begin
        if (select count(*) from public.audit_log) >= ${clients} then perform pg_advisory_lock_shared(42); end if;
        return new;
      end $$;
    create trigger stand_still before insert on audit_log for each row execute function stand_still();
    select pg_advisory_lock(42)`)
  const program = launch(['secrets', 'rotate'], environment(current, ...former))
  const ended = once(program, 'exit')
  for (let isStanding = false; !isStanding; await sleep(5)) {
    const { rowCount } = await client.query(
      `select from pg_locks where locktype = 'advisory' and objid = 42 and not granted`,
    )
    isStanding = rowCount === 1
  }
  program.kill('SIGKILL')
  await ended
  await client.query('select pg_advisory_unlock(42); drop function stand_still() cascade')
}

describe('secrets rotate', () => {
  test('twice under load, killed half-way each time, loses nothing and disturbs nobody', async () => {
    const places = await addConnections(120, secrets.first)
    const before = await opened(await openKeyring([secrets.first]))
    const everything = await openKeyring([secrets.third, secrets.second, secrets.first])
    const stopLoad = startLoad(places, everything)

    await rotateAndDie(30, secrets.second, secrets.first)
    expect(Object.keys(await keysInUse()).length).toBe(2)
    const second = await rotate(secrets.second, secrets.first)
    expect([second.code, second.err]).toEqual([0, ''])
    expect(second.out).toMatch(
      /Left: 0\. Cannot be opened: 0\.\nNothing needs TIDEMARK_OLD_SECRETS any more\.\n$/,
    )
    await rotateAndDie(20, secrets.third, secrets.second)
    expect(Object.keys(await keysInUse()).length).toBe(2)
    expect((await rotate(secrets.third, secrets.second)).code).toBe(0)

    const { entered, problems, opens } = await stopLoad()
    expect(problems).toEqual([])
    expect([entered.size > 20, opens > 20]).toEqual([true, true])
    const { keyId } = await sealingKeyOf(secrets.third)
    expect(await keysInUse()).toEqual({ [keyId]: 240 })
    const expected = new Map([...before, ...entered])
    expect(await opened(await openKeyring([secrets.third]))).toEqual(expected)
    // Once more changes nothing at all.
    const stored = await client.query('select sealed from connection_secrets order by sealed')
    const again = await rotate(secrets.third)
    expect(again.out).toBe(
      `Sealed anew with key ${keyId}: 0. Sealed with it before: 240. Left: 0. Cannot be opened: 0.\n`,
    )
    expect((await client.query('select sealed from connection_secrets order by sealed')).rows).toEqual(
      stored.rows,
    )
  })

  test('leaves a line for every client it did something for, and none with a secret in it', async () => {
    await addConnections(4, secrets.first)
    const { all } = await rotate(secrets.second, secrets.first)
    const { keyId } = await sealingKeyOf(secrets.second)
    const { rows } = await client.query<Record<string, unknown>>('select * from audit_log')
    expect(rows).toHaveLength(2)
    for (const row of rows) {
      expect(row).toMatchObject({
        road: 'command',
        actor: 'command line',
        deed: 'credentials_resealed',
        target: '4 credentials',
        after: { key: keyId },
      })
    }
    expect(JSON.stringify(rows) + all).not.toContain('CANARY')
    await rotate(secrets.second)
    expect((await client.query('select from audit_log')).rowCount).toBe(2)
  })

  test('tells the web at once what to seal with', async () => {
    const [place] = await addConnections(1, secrets.first)
    await rotate(secrets.second, secrets.first)
    const published = await web.asTenant(place?.tenantId ?? '', readSealingKey)
    expect(published).toEqual(await sealingKeyOf(secrets.second))
  })

  test('says when no worker has the secret yet, and only then', async () => {
    await addConnections(1, secrets.first)
    const words = 'No worker was started with this secret yet: restart those that have another one.'
    expect((await rotate(secrets.second, secrets.first)).out).toContain(words)
    expect((await rotate(secrets.second, secrets.first)).out).not.toContain(words)
  })

  test('says what cannot be opened, and does the rest', async () => {
    await addConnections(1, 'a secret that was lost a long time ago')
    await addConnections(2, secrets.first)
    const { code, out, all } = await rotate(secrets.second, secrets.first)
    expect(code).toBe(1)
    expect(out).toMatch(/: 4\. Sealed with it before: 0\. Left: 0\. Cannot be opened: 2\.$/m)
    expect(out).toMatch(/^ {2}Connection 0: the accessToken was sealed with key [0-9a-f]{16}, but/m)
    expect(all).not.toContain('CANARY')
  })

  test('leaves what somebody is just writing for the next look', async () => {
    await addConnections(2, secrets.first)
    await client.query('begin')
    await client.query(`select from connection_secrets where field = 'webKey' limit 1 for update`)
    const { code, out } = await rotate(secrets.second, secrets.first)
    expect([code, out]).toEqual([1, expect.stringMatching(/: 3\. .*Left: 1\. [^]*\n.*Run this again\.\n$/)])
    await client.query('rollback')
    expect((await rotate(secrets.second, secrets.first)).out).toMatch(
      /: 1\. Sealed with it before: 3\. Left: 0/,
    )
  })

  test('is done by one at a time', async () => {
    await client.query(`select pg_advisory_lock(hashtextextended('tidemark secrets rotate', 0))`)
    const { code, err } = await rotate(secrets.second, secrets.first)
    expect([code, err]).toEqual([1, 'Another `secrets rotate` is at work. Wait until it has ended.\n'])
  })

  test('keeps nothing from being added: the command line seals with the new key, and refuses a former one', async () => {
    await addConnections(1, secrets.first)
    await rotate(secrets.second, secrets.first)
    const { rows } = await client.query<{ slug: string }>('select slug from tenants')
    const args = ['connection', 'add', '--tenant', rows[0]?.slug ?? '', '--connector', 'clienttether']
    const given = { TIDEMARK_SECRET_ACCESS_TOKEN: 'CANARY token', TIDEMARK_SECRET_WEB_KEY: 'CANARY key' }
    const late = await tidemark([...args, '--name', 'Late'], { ...environment(secrets.first), ...given })
    expect([late.code, late.err]).toEqual([1, expect.stringMatching(/^TIDEMARK_SECRET gives the key/)])
    const added = await tidemark([...args, '--name', 'Added'], { ...environment(secrets.second), ...given })
    expect(added.code).toBe(0)
    expect(Object.keys(await keysInUse())).toEqual([(await sealingKeyOf(secrets.second)).keyId])
    expect(late.all + added.all).not.toContain('CANARY')
  })
})
