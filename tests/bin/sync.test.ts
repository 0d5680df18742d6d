import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSimulator, type AccountOptions, type Simulator } from '../../simulator/main.ts'
import { addClient, emptyInstallation, hear, launch, type Ended, type Installation } from './tidemark.ts'

const names = ['Rosewood Care', 'Larkspur Coffee', 'Foxglove Painting', 'Hawthorn Lawns'] as const
const slugOf = (name: string) => name.toLowerCase().replaceAll(' ', '-')
const accounts: AccountOptions[] = names.map((name, index) => ({
  webKey: `CT_CANARY_${slugOf(name)}`,
  accessToken: `CANARY-TOKEN-${slugOf(name)}`,
  seed: 31 + index,
  people: 60,
  changesPerDay: 0,
  notesPerPerson: 1,
}))

let installation: Installation
let simulator: Simulator
let db: pg.Client
const everything: Ended[] = []

beforeAll(async () => {
  ;[installation, simulator] = await Promise.all([emptyInstallation(), startSimulator({ accounts })])
  db = new pg.Client({ connectionString: installation.url })
  await db.connect()
  const added = await Promise.all(
    accounts.map((account, index) =>
      addClient(installation, { name: names[index] ?? '' }, { ...account, baseUrl: simulator.baseUrl }),
    ),
  )
  everything.push(...added.flat())
})
afterAll(async () => {
  await db.end()
  await simulator.close()
  await installation.drop()
})

async function run(...args: string[]): Promise<Ended> {
  const ended = await installation.run(...args)
  everything.push(ended)
  return ended
}
const sync = (name: string, ...args: string[]) => run('sync', '--tenant', slugOf(name), ...args)
const accountOf = (name: string) => simulator.account(`CT_CANARY_${slugOf(name)}`)

/** Which transaction wrote each record last: the same list means that nothing was written. */
async function writes(): Promise<unknown[]> {
  const tables = ['owners', 'stages', 'leads', 'contacts', 'opportunities', 'notes', 'activities']
  const all = tables.map((table) => `select '${table}' as place, id, xmin::text as written from ${table}`)
  const versions = `select 'versions', opportunity_id, xmin::text from opportunity_versions`
  return (await db.query(`${[...all, versions].join(' union all ')} order by 1, 2, 3`)).rows
}

describe('sync', () => {
  test('copies a client and ends with 0; a second time it writes nothing', async () => {
    const first = await sync('Rosewood Care')
    expect(first.all).toMatch(/Rosewood Care \/ ClientTether: leads: success, 60 read, 60 new/)
    expect(first.out).toMatch(
      /Rosewood Care \/ ClientTether: success: All that ClientTether announces is current; [\d,]+ changes came in\.\n$/,
    )
    expect([first.code, first.err]).toEqual([0, ''])
    const before = await writes()
    expect(before.length).toBeGreaterThan(150)

    const second = await sync('Rosewood Care')
    expect(second.out).toMatch(
      /success: All that ClientTether announces is current; nothing had changed\.\n$/,
    )
    expect(second.code).toBe(0)
    expect(await writes()).toEqual(before)
  })

  test('reads only the streams that were asked for', async () => {
    const { code, out } = await sync('Rosewood Care', '--stream', 'leads', 'owners')
    expect(code).toBe(0)
    expect([...out.matchAll(/ClientTether: (\w+): success,/g)].map((match) => match[1])).toEqual([
      'owners',
      'leads',
    ])
  })

  test('half a list ends with 3, until somebody has looked and accepts it', async () => {
    await sync('Larkspur Coffee')
    const { people } = accountOf('Larkspur Coffee').truth()
    for (const { id } of people.slice(0, 30)) accountOf('Larkspur Coffee').removePerson(id)
    const suspect = await sync('Larkspur Coffee')
    expect(suspect.code).toBe(3)
    expect(suspect.out).toMatch(/suspect: ClientTether suddenly lists far fewer leads\..*E_MASS_ABSENCE/)

    const accepted = await sync('Larkspur Coffee', '--accept-absence')
    expect([accepted.code, accepted.out]).toEqual([0, expect.stringMatching(/leads: success.* 30 gone/)])
  })

  test('a record that cannot be read ends with 4', async () => {
    const { webKey } = accountOf('Foxglove Painting')
    simulator.faults.add({ fault: 'id-missing', operation: 'read_client_list', account: webKey })
    const { code, out } = await sync('Foxglove Painting')
    simulator.faults.clear()
    expect([code, out]).toEqual([4, expect.stringMatching(/leads: partial, .*1 set aside/)])
  })

  test('refused access ends with 1 and says what to do, and is not tried again by itself', async () => {
    accountOf('Hawthorn Lawns').setAccessToken('another one')
    const first = await sync('Hawthorn Lawns')
    expect(first.out).toMatch(
      /failed: ClientTether no longer accepts our access\..*reconnect ClientTether to resume/,
    )
    const second = await sync('Hawthorn Lawns')
    expect(second.out).toMatch(/needs_reconnect: It has to be connected again, so no run was made\./)
    expect([first.code, second.code]).toEqual([1, 1])
  })

  test('of several connections the gravest end is the exit code, and every line is an object', async () => {
    const { code, out } = await run('sync', '--json')
    const lines = out.trimEnd().split('\n')
    const facts = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(code).toBe(1)
    expect(facts.at(-1)).toMatchObject({ event: 'sync.finished', connections: 4, exit_code: 1 })
    const ends = facts.filter(({ event }) => event === 'connection.finished')
    expect(Object.fromEntries(ends.map(({ tenant, status }) => [tenant, status]))).toEqual({
      'foxglove-painting': 'success',
      'hawthorn-lawns': 'needs_reconnect',
      'larkspur-coffee': 'success',
      'rosewood-care': 'success',
    })
  })

  test('a connection that is being served is left to its worker', async () => {
    const { rows } = await db.query<{ tenant_id: string; id: string }>(
      `update connections c set lease_owner = 'harbour:7', lease_until = now() + interval '1 minute'
       from tenants t where t.id = c.tenant_id and t.slug = 'rosewood-care' returning c.tenant_id, c.id`,
    )
    await db.query(
      `insert into sync_runs (tenant_id, id, connection_id, trigger, status, worker, started_at, heartbeat_at, fetched)
       values ($1, app.uuid_v7(), $2, 'schedule', 'running', 'harbour:7', now(), now(), 1204)`,
      [rows[0]?.tenant_id, rows[0]?.id],
    )
    const { code, out } = await sync('Rosewood Care')
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/A run is open already since .* by harbour:7, 1,204 records/),
    ])
    const open = await db.query(`select from sync_runs where status in ('queued', 'running')`)
    expect(open.rowCount).toBe(1)
  })

  test('one that is interrupted lands its page, says so, and leaves nothing open', async () => {
    simulator.faults.add({
      fault: 'slow-answer',
      account: accountOf('Foxglove Painting').webKey,
      params: { ms: 200 },
    })
    const child = launch(['sync', '--tenant', 'foxglove-painting'], installation.env)
    const heard = hear(child)
    while (!heard.out.includes('stages: success')) await sleep(20)
    child.kill('SIGINT')
    const code = await new Promise((done) => child.once('close', done))
    simulator.faults.clear()
    expect([code, heard.out]).toEqual([
      1,
      expect.stringMatching(/cancelled: .* the next run goes on from there\.\n$/),
    ])
    const { rows } = await db.query(
      `select r.status, c.lease_owner from sync_runs r join connections c on c.id = r.connection_id
       join tenants t on t.id = c.tenant_id where t.slug = 'foxglove-painting' order by r.queued_at desc limit 1`,
    )
    expect(rows).toEqual([{ status: 'cancelled', lease_owner: null }])
  })

  test('a paused connection is passed over, and refused when it is asked for by name', async () => {
    await db.query(`update connections set state = 'paused' where name = 'ClientTether' and state = 'active'`)
    const passed = await sync('Larkspur Coffee')
    expect([passed.code, passed.out]).toEqual([
      0,
      expect.stringMatching(/paused: It is paused, so no run was made/),
    ])
    expect((await sync('Larkspur Coffee', '--connection', 'ClientTether')).code).toBe(1)
    await db.query(`update connections set state = 'active' where state = 'paused'`)
  })

  test('a name that nobody has is answered with the names there are', async () => {
    const { code, err } = await run('sync', '--tenant', 'rosewood-care', '--connection', 'HubSpot')
    expect([code, err]).toEqual([
      2,
      'There is no connection "HubSpot". There are: "ClientTether" of rosewood-care.\n',
    ])
  })
})

test('status says of every connection where it stands', async () => {
  const { code, out } = await run('status')
  expect(code).toBe(0)
  expect(out).toMatch(
    /Hawthorn Lawns \/ ClientTether.*\n {2}state {9}needs reconnect: ClientTether no longer accepts/,
  )
  expect(out).toMatch(/Larkspur Coffee[^]*last run {6}success: [^]*streams {7}owners 0 min, stages 0 min/)
  const json = await run('status', '--json')
  const lines = json.out.trimEnd().split('\n')
  const standings = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(standings.map(({ tenant, state }) => [tenant, state])).toEqual([
    ['foxglove-painting', 'active'],
    ['hawthorn-lawns', 'needs_reconnect'],
    ['larkspur-coffee', 'active'],
    ['rosewood-care', 'active'],
  ])
})

test('nothing that was printed holds a credential', async () => {
  await run('connection', 'list')
  await run('connection', 'test', 'ClientTether', '--tenant', 'larkspur-coffee')
  expect(everything.length).toBeGreaterThan(15)
  for (const { all } of everything) expect(all).not.toContain('CANARY')
})
