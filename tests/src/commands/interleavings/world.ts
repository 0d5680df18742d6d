import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Database } from '../../../../drizzle/db.ts'
import type { AccountOptions } from '../../../../simulator/main.ts'
import type { Arrangement, Client } from '../../../worker/arrange.ts'

/** Laurel: an account of a CRM that says of every record when it changed, and stands still unless somebody changes it. */
export const laurel: AccountOptions = {
  crm: 'hubspot',
  webKey: 'laurel',
  accessToken: 'CANARY-TOKEN-laurel',
  seed: 7,
  people: 4,
  deals: 0,
  changesPerDay: 0,
  notesPerPerson: 0,
}

/** An opportunity, and the version that somebody has on the screen. */
export type Deal = { id: string; crmId: string; version: number }

/** What somebody was told was done: the row there must be, for ever. */
export type Told = {
  id: string
  number: number
  details: string | null
  outcome: string | null
  madeBy: string
}

/** What somebody did to a deal at the CRM's own screen, and the last request that the CRM had answered by then. */
export type Edit = { crmId: string; is: 'stage' | 'value' | 'removed' | 'restored'; afterSeq: number }

/** Three open deals of one workspace that writes to its CRM, and two people who work on them. */
export type World = {
  all: Arrangement
  /** Where people's requests go, until its sessions are ended. */
  web: Database
  /** Where the pages are read. */
  screen: Database
  client: Client
  deals: Deal[]
  people: string[]
  told: Told[]
  /** Words that were sent when the connection went: they may stand there, once, or not. */
  unknown: Set<string>
  edits: Edit[]
  /** The writes whose task somebody took away in the CRM, one for each time, and the last request that the CRM had answered by then. */
  takenAway: { key: string; at: Date; afterSeq: number }[]
}

export async function begin({ all, web, screen }: Pick<World, 'all' | 'web' | 'screen'>): Promise<World> {
  const client = await all.connect(undefined, { pageSize: 100, searchPageSize: 100 })
  const { account } = client
  const made = [1, 2, 3].map(() => {
    const person = account.addPerson()
    // Something is planned with each, so that there is something to take over.
    account.addActivity(person, { kind: 'appointment' })
    return account.addDeal(person, { stageId: stageNamed(client, 'FDD Sent') })
  })
  await sync({ client })
  const open = (await client.records('opportunities')).filter(({ source_id: id }) =>
    made.includes(String(id)),
  )
  expect(open.map(({ status }) => status)).toEqual(['open', 'open', 'open'])
  await all.db.query('update tenants set writes_back = true where id = $1', [client.tenantId])
  all.simulator.ledger.clear()
  return {
    all,
    web,
    screen,
    client,
    deals: open.map(({ id, source_id: crmId }) => ({ id: String(id), crmId: String(crmId), version: 0 })),
    people: [randomUUID(), randomUUID()],
    told: [],
    unknown: new Set(),
    edits: [],
    takenAway: [],
  }
}

/** Reads what the deeds of people and the writes of the sender are about. */
export const sync = ({ client }: Pick<World, 'client'>) =>
  client.sync({ streams: ['stages', 'opportunities', 'activities'], acceptAbsence: true })

export const stageNamed = ({ account }: Client, name: string): number =>
  Number(account.truth().stages.find((stage) => stage.name === name)?.id)
