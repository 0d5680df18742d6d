import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { arrange, rosewood, type Arrangement, type Client } from './arrange.ts'
import { copyOf, replay } from './replayed.ts'

let all: Arrangement
let client: Client
beforeAll(async () => {
  all = await arrange([{ ...rosewood, people: 6 }])
  client = await all.connect()
  await client.sync()
})
afterAll(() => all.close())

const change = async (statement: string, ...values: unknown[]): Promise<number> =>
  (await all.db.query(statement, values)).rowCount ?? 0

describe('a replay and a sync of the same connection', () => {
  test('the replay refuses, by the name of the connection, while the sync is under way', async () => {
    all.simulator.faults.add({
      fault: 'slow-answer',
      account: rosewood.webKey,
      nth: 2,
      params: { ms: 60_000 },
    })
    const syncing = client.sync()
    await expect
      .poll(() =>
        change('select from connections where id = $1 and lease_owner is not null', client.connectionId),
      )
      .toBe(1)
    for (const mode of ['verify', 'apply'] as const)
      await expect(replay(all, client, mode)).rejects.toMatchObject({
        name: 'BusyError',
        message: /^Rosewood is being synced/,
      })
    all.simulator.faults.clear()
    expect((await syncing).run.verdict).toMatch(/nothing had changed|set aside/)
    expect((await replay(all, client, 'verify')).differences).toEqual([])
  })

  test('the sync waits while the replay is under way, and so does a second replay', async () => {
    // Nothing can be rebuilt while the records are locked, so the replay is under way for as long as we like.
    const holder = await all.db.connect()
    await holder.query('begin; lock table activities')
    const replaying = replay(all, client, 'verify')
    for (let isHeld = false; !isHeld; await sleep(5))
      isHeld = (await client.connection()).lease_owner !== null
    const sync = client.sync().then(({ run }) => run.status)
    const second = replay(all, client, 'verify').catch((error: Error) => error.name)
    expect(await Promise.all([sync, second])).toEqual(['queued', 'BusyError'])
    await holder.query('rollback')
    holder.release()
    await replaying
    expect(await client.connection()).toMatchObject({ lease_owner: null, lease_until: null })
    expect((await client.sync()).run.started_at).not.toBeNull()
  })

  test('a replay that lost the connection to somebody else takes nothing over', async () => {
    const before = await copyOf(client)
    await change(`update notes set body = 'Spoilt' where connection_id = $1`, client.connectionId)
    const spoilt = await copyOf(client)
    let stolen: Promise<unknown> | undefined
    const late = replay(all, client, 'apply', () => {
      stolen ??= change(
        `update connections set fence = fence + 1, lease_owner = 'another', lease_until = now() + interval '1 minute' where id = $1`,
        client.connectionId,
      )
    })
    await expect(late).rejects.toThrow(/lost|passed/)
    expect(await copyOf(client)).toEqual(spoilt)
    await change(
      'update connections set lease_owner = null, lease_until = null where id = $1',
      client.connectionId,
    )
    expect((await replay(all, client, 'apply')).applied).toBe(before.notes?.length)
    expect(await copyOf(client)).toEqual(before)
  })
})
