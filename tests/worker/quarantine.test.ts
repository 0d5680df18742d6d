import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FaultName } from '../../simulator/main.ts'
import { arrange, rosewood, type Arrangement, type Client } from './arrange.ts'
import { expectTruth } from './truth.ts'

/** Nobody writes notes but the test, and each run looks through those of everybody. */
const quiet = { ...rosewood, people: 6, notesPerPerson: 0 }

let all: Arrangement
let client: Client
let anna: string
let notes: string[]
beforeAll(async () => {
  all = await arrange([quiet])
})
beforeEach(async () => {
  all.simulator.faults.clear()
  client = await all.connect(quiet.webKey, { notesSweepHours: 1 })
  const { account } = client
  for (const { id } of account.truth().notes) account.removeNote(id)
  anna = account.truth().people[0]?.id ?? ''
  notes = ['Asked for the brochure.', 'Wants to open in the spring.'].map((text) =>
    account.addNote(anna, text),
  )
})
afterAll(() => all.close())

const aside = async () => (await client.records('quarantine')).filter((row) => row.resolved_at === null)

async function syncWithSpoiltNotes(fault: FaultName) {
  all.simulator.faults.add({ fault, operation: 'read_client_history_notes', account: client.account.webKey })
  const synced = await client.sync()
  all.simulator.faults.clear()
  return synced
}

describe('a note that was set aside', () => {
  test.each<[string, FaultName]>([
    ['for want of an id', 'id-missing'],
    ['because nobody could read it', 'deep-nesting'],
  ])('%s is so no longer once the notes of its person read well', async (_why, fault) => {
    expect((await syncWithSpoiltNotes(fault)).streams.notes).toMatchObject({ quarantined: 1 })
    expect(await aside()).toHaveLength(1)
    const { run, streams } = await client.sync()
    expect([run.status, streams.notes?.error_code, await aside()]).toEqual(['success', null, []])
    await expectTruth(client)
  })

  test.each<[string, FaultName]>([
    ['without an id', 'id-missing'],
    ['unread', 'deep-nesting'],
  ])('%s is so no longer once the CRM has it no more', async (_how, fault) => {
    await syncWithSpoiltNotes(fault)
    for (const id of notes) client.account.removeNote(id)
    await client.sync({ acceptAbsence: true })
    expect(await aside()).toEqual([])
  })

  test('is so no longer once its person is gone', async () => {
    await syncWithSpoiltNotes('id-missing')
    client.account.removePerson(anna)
    await client.sync({ acceptAbsence: true })
    expect(await aside()).toEqual([])
  })

  test('stays so while it comes as it was', async () => {
    await syncWithSpoiltNotes('id-missing')
    const { run } = await syncWithSpoiltNotes('id-missing')
    expect(run.status).toBe('partial')
    expect(await aside()).toHaveLength(1)
  })
})

test('a note that came without its id may be any that its list seems to lack, and none of them is retired', async () => {
  await client.sync()
  expect((await syncWithSpoiltNotes('id-missing')).streams.notes).toMatchObject({ retired: 0 })
  await client.sync()
  await expectTruth(client)
})
