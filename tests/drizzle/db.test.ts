import fc from 'fast-check'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { connect, isReachable, sql, type Database, type Tx } from '../../drizzle/db.ts'
import { contacts, tenants } from '../../drizzle/schema/index.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { harbour, rosewood, seedEveryTable } from './two-tenants.ts'

let place: TestDatabase
let admin: pg.Client
beforeAll(async () => {
  place = await createTestDatabase()
  admin = new pg.Client({ connectionString: place.url })
  await admin.connect()
  await seedEveryTable(admin)
})
afterAll(async () => {
  await admin.end()
  await place.drop()
})

const tooLate = 'this transaction has ended; a query came too late'
const tenantNow = sql<string>`select current_setting('app.tenant_id', true) as tenant`

const ofOurs = `from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`

/** How many sessions there are besides the one that asks; one that has ended here may go on there for a moment. */
const countSessions = async () => (await admin.query(`select ${ofOurs}`)).rowCount

/** Ends the server's side of every session of ours but the one that asks. Returns how many there were. */
async function killSessions(): Promise<number> {
  const { rowCount } = await admin.query(`select pg_terminate_backend(pid, 5000) ${ofOurs}`)
  return rowCount ?? 0
}

describe.each([{ sendsAhead: false }, { sendsAhead: true }])(
  'a pool of one, $sendsAhead',
  ({ sendsAhead }) => {
    let db: Database
    let errors: Error[]
    beforeEach(() => {
      errors = []
      db = connect({
        url: place.url,
        role: 'tidemark_worker',
        max: 1,
        statementTimeoutMs: 2_000,
        onError: (error) => errors.push(error),
        sendsAhead,
      })
    })
    afterEach(() => db.close())

    describe('asTenant', () => {
      test('sets the tenant inside the transaction, and the next user of the connection has none', async () => {
        const seen = await db.asTenant(rosewood.tenantId, async (tx) => (await tx.execute(tenantNow)).rows)
        expect(seen).toEqual([{ tenant: rosewood.tenantId }])
        const after = await db.outsideTenants.query(`select current_setting('app.tenant_id', true) as tenant`)
        expect(after.rows).toEqual([{ tenant: '' }])
        expect(db.outsideTenants.totalCount).toBe(1)
      })

      test('also has none after a callback that threw, and what it wrote is gone', async () => {
        const thrown = new Error('rain')
        const failed = db.asTenant(rosewood.tenantId, async (tx) => {
          await tx.execute(sql`update contacts set first_name = 'Wet'`)
          throw thrown
        })
        await expect(failed).rejects.toBe(thrown)
        const after = await db.outsideTenants.query(`select current_setting('app.tenant_id', true) as tenant`)
        expect(after.rows).toEqual([{ tenant: '' }])
        const { rowCount } = await admin.query(`select from contacts where first_name = 'Wet'`)
        expect(rowCount).toBe(0)
      })

      test('keeps what a callback wrote that returned, and returns what it returned', async () => {
        const answer = await db.asTenant(harbour.tenantId, async (tx) => {
          await tx.update(contacts).set({ lastName: 'Mole' })
          return 42
        })
        expect(answer).toBe(42)
        const { rows } = await admin.query(`select tenant_id from contacts where last_name = 'Mole'`)
        expect(rows).toEqual([{ tenant_id: harbour.tenantId }])
      })

      test('rolls back when a statement fails, even if the callback swallows the failure', async () => {
        const swallowed = db.asTenant(rosewood.tenantId, async (tx) => {
          await tx.execute(sql`update contacts set first_name = 'Swallowed'`)
          await tx.execute(sql`select 1 / 0`).catch(() => undefined)
          return 'all well'
        })
        await expect(swallowed).rejects.toThrow(/rolled back/)
        const { rowCount } = await admin.query(`select from contacts where first_name = 'Swallowed'`)
        expect(rowCount).toBe(0)
        expect(await isReachable(db)).toBe(true)
      })

      test.each([
        '',
        'rosewood',
        `${rosewood.tenantId}' ; drop table notes; --`,
        `${rosewood.tenantId}\n`,
        `{${rosewood.tenantId}}`,
        rosewood.tenantId.toUpperCase(),
      ])('refuses %j before a single statement is sent', (tenantId) => {
        const work = vi.fn<(tx: Tx) => Promise<void>>()
        expect(() => db.asTenant(tenantId, work)).toThrow(TypeError)
        expect(work).not.toHaveBeenCalled()
        expect(db.outsideTenants.totalCount).toBe(0)
      })
    })

    describe('a handle that outlives its transaction', () => {
      const keep = async (): Promise<Tx> => db.asTenant(rosewood.tenantId, async (tx) => tx)

      test('throws when a query that was built inside is awaited outside', async () => {
        const query = await db.asTenant(rosewood.tenantId, async (tx) => ({
          late: tx.select().from(tenants),
        }))
        await expect(query.late).rejects.toMatchObject({ cause: { message: tooLate } })
      })

      test('throws for a bare query, for SQL, for a builder and for a transaction of its own', async () => {
        const tx = await keep()
        expect(() => tx.$client.query('select 1')).toThrow(tooLate)
        await expect(tx.execute(sql`select 1`)).rejects.toMatchObject({ cause: { message: tooLate } })
        await expect(tx.select().from(tenants)).rejects.toMatchObject({ cause: { message: tooLate } })
        await expect(tx.transaction(async () => 1)).rejects.toMatchObject({ cause: { message: tooLate } })
        expect(Object.keys(tx.$client)).toEqual(['query'])
      })

      test('throws while another tenant uses the same connection, and shows it nothing', async () => {
        const tx = await keep()
        await db.asTenant(harbour.tenantId, async (present) => {
          await present.execute(sql`select 1`)
          await expect(tx.select().from(tenants)).rejects.toMatchObject({ cause: { message: tooLate } })
        })
      })

      test('throws after a callback that threw', async () => {
        let kept: Tx | undefined
        await db
          .asTenant(rosewood.tenantId, async (tx) => {
            kept = tx
            throw new Error('rain')
          })
          .catch(() => undefined)
        expect(() => kept?.$client.query('select 1')).toThrow(tooLate)
      })

      test('a query that nobody awaited belongs to its own transaction or to none', async () => {
        const strays: Promise<unknown>[] = []
        await db.asTenant(rosewood.tenantId, async (tx) => {
          strays.push(tx.$client.query(`select current_setting('app.tenant_id') as tenant, pg_sleep(0.05)`))
        })
        const seen = await db.asTenant(harbour.tenantId, async (tx) => (await tx.execute(tenantNow)).rows)
        expect(seen).toEqual([{ tenant: harbour.tenantId }])
        expect(await strays[0]).toMatchObject({ rows: [{ tenant: rosewood.tenantId }] })
      })
    })

    describe('a server process that dies', () => {
      test('while its connection idles costs one report, and the pool goes on', async () => {
        expect(await isReachable(db)).toBe(true)
        await expect.poll(countSessions).toBe(1)
        expect(await killSessions()).toBe(1)
        await expect.poll(() => errors.length).toBeGreaterThan(0)
        expect(await isReachable(db)).toBe(true)
      })

      test('inside a transaction fails that transaction alone', async () => {
        const failed = db.asTenant(rosewood.tenantId, async (tx) => {
          await tx.execute(sql`update contacts set first_name = 'Lost'`)
          await killSessions()
          await tx.execute(sql`select 1`)
        })
        await expect(failed).rejects.toThrow()
        const seen = await db.asTenant(harbour.tenantId, async (tx) => (await tx.execute(tenantNow)).rows)
        expect(seen).toEqual([{ tenant: harbour.tenantId }])
        const { rowCount } = await admin.query(`select from contacts where first_name = 'Lost'`)
        expect(rowCount).toBe(0)
      })

      test('while a callback does something else fails the transaction at its end, and never says that it was kept', async () => {
        const failed = db.asTenant(rosewood.tenantId, async (tx) => {
          await tx.execute(sql`update contacts set first_name = 'Lost'`)
          await killSessions()
          await expect.poll(() => errors.length).toBeGreaterThan(0)
          return 'kept'
        })
        await expect(failed).rejects.toThrow()
        expect(await isReachable(db)).toBe(true)
      })
    })

    test('tenants who take turns in any order, with failures in between, never meet', async () => {
      const deed = fc.record({
        who: fc.constantFrom(rosewood, harbour),
        statements: fc.integer({ min: 0, max: 3 }),
        fails: fc.constantFrom('never', 'never', 'never', 'by throwing', 'in a statement'),
        leavesStray: fc.boolean(),
        yields: fc.boolean(),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(deed, { minLength: 2, maxLength: 12 }), async (deeds) => {
          const met = deeds.map(({ who, statements, fails, leavesStray, yields }) =>
            db.asTenant(who.tenantId, async (tx) => {
              const seen: unknown[] = []
              for (let count = 0; count < statements; count += 1) {
                seen.push(...(await tx.select({ whose: contacts.tenantId }).from(contacts)))
                if (yields) await new Promise(setImmediate)
              }
              if (leavesStray)
                void tx
                  .select({ whose: tenants.id })
                  .from(tenants)
                  .then(
                    (rows) => seen.push(...rows),
                    () => undefined,
                  )
              if (fails === 'in a statement') await tx.execute(sql`select 1 / 0`)
              if (fails === 'by throwing') throw new Error('rain')
              return seen
            }),
          )
          for (const [at, outcome] of (await Promise.allSettled(met)).entries()) {
            if (outcome.status === 'rejected') continue
            for (const row of outcome.value) expect(row).toEqual({ whose: deeds[at]?.who.tenantId })
          }
          expect(db.outsideTenants.totalCount).toBe(1)
          expect(db.outsideTenants.waitingCount).toBe(0)
        }),
        { numRuns: 40 },
      )
    })
  },
)

describe('the operator', () => {
  test('reads of all tenants, writes nothing, and is nobody afterwards', async () => {
    const db = connect({
      url: place.url,
      role: 'tidemark_web',
      max: 1,
      statementTimeoutMs: 2_000,
      onError: () => undefined,
    })
    const seen = await db.asOperator((tx) =>
      tx.select({ slug: tenants.slug }).from(tenants).orderBy(tenants.slug),
    )
    expect(seen).toEqual([{ slug: 'harbour' }, { slug: 'rosewood' }])
    for (const statement of [
      sql`update connections set name = 'x'`,
      sql`create temporary table mine ()`,
      sql`select nextval('queue.nothing')`,
    ])
      await expect(db.asOperator((tx) => tx.execute(statement))).rejects.toThrow()
    const writing = db.asOperator((tx) => tx.execute(sql`update sync_runs set verdict = 'x'`))
    await expect(writing).rejects.toMatchObject({
      cause: { code: expect.stringMatching(/25006|42501/) as string },
    })
    expect((await db.outsideTenants.query('select current_user as who')).rows).toEqual([
      { who: 'tidemark_web' },
    ])
    await db.close()
  })
})

test('a statement that takes too long is ended, and the connection is good again', async () => {
  const db = connect({
    url: place.url,
    role: 'tidemark_web',
    max: 1,
    statementTimeoutMs: 200,
    onError: () => undefined,
  })
  await expect(db.outsideTenants.query('select pg_sleep(30)')).rejects.toThrow(/statement timeout/)
  expect(await isReachable(db)).toBe(true)
  expect(db.outsideTenants.totalCount).toBe(1)
  await db.close()
})
