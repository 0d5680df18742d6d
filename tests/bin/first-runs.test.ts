import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { tellFirstRuns } from '../../bin/start/first-runs.ts'
import { listConnections } from '../../src/queries/connection-list.ts'
import { startPlace } from '../src/place.ts'
import { minutesAgo } from '../src/seed.ts'

const place = await startPlace()
const { client, database, seed } = place

afterAll(() => place.close())

test('a first run is told once, also where the database was away in the middle of it', async () => {
  const connection = await seed.connection(await seed.tenant('larkspur', { name: 'Larkspur Coffee' }))
  const said: string[] = []
  let tries = 0
  const first = async () => {
    tries += 1
    await sleep(50)
    if (tries === 1) throw new Error('Connection terminated due to connection timeout')
  }
  const known = await listConnections(database)
  const stop = await tellFirstRuns(database, known, minutesAgo(60), first, (line) => said.push(line))
  await seed.run(connection)
  const ended = JSON.stringify({ tenant: connection.tenantId, connection: connection.id, run: connection.id })
  for (let time = 0; time < 3; time += 1) await client.query(`select pg_notify('tidemark_runs', $1)`, [ended])
  await expect.poll(() => said.length).toBe(2)
  expect(said[0]).toBe(
    'The sync status could not be read: Error: Connection terminated due to connection timeout',
  )
  expect(said[1]).toMatch(/^Larkspur Coffee: copied in /)
  await client.query(`select pg_notify('tidemark_runs', $1)`, [ended])
  await sleep(200)
  expect([said.length, tries]).toEqual([2, 2])
  await stop()
})
