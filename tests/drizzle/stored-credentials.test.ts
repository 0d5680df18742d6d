import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSimulator, type Simulator } from '../../simulator/main.ts'
import { addClient, emptyInstallation, type Installation } from '../bin/tidemark.ts'
import { brokenInvariants } from '../invariants.ts'

const account = {
  webKey: 'CT_CANARY_KEY',
  accessToken: 'CANARY-TOKEN',
  seed: 5,
  people: 20,
  changesPerDay: 0,
}

let installation: Installation
let simulator: Simulator
let db: pg.Client

beforeAll(async () => {
  ;[installation, simulator] = await Promise.all([
    emptyInstallation(),
    startSimulator({ accounts: [account] }),
  ])
  db = new pg.Client({ connectionString: installation.url })
  await db.connect()
  await addClient(installation, { name: 'Rosewood Care' }, { ...account, baseUrl: simulator.baseUrl })
  expect((await installation.run('sync')).code).toBe(0)
  // And once more, turned away: a refusal is where a CRM may say our token back.
  simulator.account(account.webKey).setAccessToken('CANARY-TOKEN-renewed')
  await installation.run('sync')
})
afterAll(async () => {
  await db.end()
  await simulator.close()
  await installation.drop()
})

/** The tables, of whatever schema, with a row that holds the word: as text, or as bytes. */
async function tablesWith(word: string): Promise<string[]> {
  const { rows: tables } = await db.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1`,
  )
  const found: string[] = []
  for (const { name } of tables) {
    const { rowCount } = await db.query(
      `select from ${name} as t where strpos(t::text, $1) > 0 or strpos(t::text, $2) > 0 limit 1`,
      [word, Buffer.from(word).toString('hex')],
    )
    if (rowCount !== 0) found.push(name)
  }
  return found
}

test('no table holds a credential of a CRM or the secret of the installation, in clear', async () => {
  expect((await db.query('select from connection_secrets')).rowCount).toBe(2)
  for (const word of ['CANARY-TOKEN', 'CT_CANARY', installation.env['TIDEMARK_SECRET'] ?? ''])
    expect(await tablesWith(word), word).toEqual([])
  expect(await brokenInvariants(installation.url)).toEqual([])
})

test('one that were stored would be found, as text and as bytes', async () => {
  await db.query('begin')
  await db.query(`update connections set settings = '{"token": "CANARY-TOKEN"}'`)
  await db.query(`update connection_secrets set sealed = convert_to('CANARY-TOKEN', 'UTF8')`)
  expect(await tablesWith('CANARY-TOKEN')).toEqual(['connection_secrets', 'connections'])
  await db.query('rollback')
})
