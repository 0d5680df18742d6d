import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { arrange, rosewood, type Arrangement, type Client } from './arrange.ts'
import { expectSound } from './soundness.ts'
import { expectTruth } from './truth.ts'
import { expectRecovery, syncUnder } from './under-fault.ts'

/** Almost nobody has a note here. */
const quiet = { ...rosewood, webKey: 'CT_quiet', seed: 19, notesPerPerson: 0, notesTouchPeople: false }
const accounts = Array.from({ length: 14 }, (_, index) => ({
  ...rosewood,
  webKey: `CT_${index}`,
  seed: 20 + index,
  people: 40,
  deals: 30,
}))

let all: Arrangement
let client: Client
beforeAll(async () => {
  all = await arrange([...accounts, quiet])
})
beforeEach(async () => {
  client = await all.connect(accounts.pop()?.webKey)
  await client.sync()
})
afterEach(() => expectSound(all.url))
afterAll(() => all.close())

const live = async (table: string) =>
  (await client.records(table)).filter((row) => row.deleted_at === null).length

/** The people whom the CRM loses, from the top of its list. */
function removePeople(many: number): void {
  for (const { id } of client.account.truth().people.slice(0, many)) client.account.removePerson(id)
}

describe('A2: a list that is suddenly empty or halved never shrinks what is stored and never counts as fresh', () => {
  test.each(['empty-list', 'half-list'] as const)('%s', async (fault) => {
    const before = { stored: await client.everything(), fresh: await client.freshness() }
    for (let run = 0; run < 3; run += 1) {
      const { run: ended, streams } = await syncUnder(all, client, fault)
      expect([ended.status, ended.error_code, streams.leads?.status]).toEqual([
        'suspect',
        'E_MASS_ABSENCE',
        'suspect',
      ])
      expect(ended.error_public).toBe(
        'ClientTether suddenly lists far fewer leads. Nothing was removed until this is confirmed.',
      )
      expect(ended.error_detail).toMatch(/of 40 stored records are no longer listed\. .*--accept-absence/)
      expect(await client.everything()).toEqual(before.stored)
      expect((await client.freshness()).leads).toBe(before.fresh.leads)
    }
    await expectRecovery(all, client, before.fresh)
  })

  test('an empty list in the form of "no record found"', async () => {
    const before = await client.everything()
    const { run } = await syncUnder(all, client, 'error-body', { params: { code: 'CT_515' } })
    expect([run.status, run.error_code]).toEqual(['suspect', 'E_MASS_ABSENCE'])
    expect(await client.everything()).toEqual(before)
    await expectRecovery(all, client)
  })

  test('every list empty at once', async () => {
    const before = { stored: await client.everything(), fresh: await client.freshness() }
    all.simulator.faults.add({ fault: 'empty-list', account: client.account.webKey })
    const { run, streams } = await client.sync()
    all.simulator.faults.clear()
    expect(run.status).toBe('suspect')
    for (const stream of ['owners', 'stages', 'lead_sources', 'leads', 'opportunities', 'activities'])
      expect(streams[stream]?.status, stream).toBe('suspect')
    expect(await client.everything()).toEqual(before.stored)
    const { notes: _, ...fresh } = await client.freshness()
    expect(before.fresh).toMatchObject(fresh)
    await expectRecovery(all, client)
  })
})

describe('what really left the CRM gets a tombstone', () => {
  test('one record at once', async () => {
    removePeople(1)
    const { run, streams } = await client.sync()
    expect([run.status, streams.leads?.retired]).toEqual(['success', 1])
    await expectTruth(client)
    const gone = (await client.records('leads')).filter((row) => row.deleted_at !== null)
    expect(gone.map((row) => row.deleted_because)).toEqual(['absence'])
  })

  test('D13: a quarter only when a second pass misses the same', async () => {
    removePeople(10)
    const first = await client.sync()
    expect([first.run.status, first.streams.leads?.status]).toEqual(['suspect', 'suspect'])
    expect(first.run.error_detail).toMatch(
      /10 of 40 .*They are retired when the next pass misses the same ones/,
    )
    expect(await live('leads')).toBe(40)
    const second = await client.sync()
    expect(second.streams.leads).toMatchObject({ status: 'success', retired: 10 })
    expect(await live('leads')).toBe(30)
    await client.sync()
    await expectTruth(client)
  })

  test('not when the second pass misses others', async () => {
    removePeople(10)
    await client.sync()
    removePeople(1)
    const second = await client.sync()
    expect([second.run.status, await live('leads')]).toEqual(['suspect', 40])
    await client.sync()
    expect(await live('leads')).toBe(29)
  })

  test('half of them only when a person has looked', async () => {
    removePeople(20)
    for (let run = 0; run < 3; run += 1) expect((await client.sync()).run.status).toBe('suspect')
    expect(await live('leads')).toBe(40)
    const { run, streams } = await client.sync({ acceptAbsence: true })
    expect([run.status, streams.leads?.retired]).toEqual(['success', 20])
    await expectTruth(client)
  })

  test('D14: a record that comes back is no tombstone any more', async () => {
    const person = client.account.truth().people.at(-1)
    client.account.editPerson(person?.id ?? '', { visibleAt: 4_000_000_000 })
    expect((await client.sync()).streams.leads?.retired).toBe(1)
    client.account.editPerson(person?.id ?? '', { visibleAt: 0 })
    expect((await client.sync()).streams.leads).toMatchObject({ updated: 1, retired: 0 })
    await expectTruth(client)
  })

  test('D15: of two people who became one, the other is a tombstone and nothing is counted twice', async () => {
    const [winner, loser] = client.account.truth().people.filter(({ kind }) => kind === 'prospect')
    client.account.mergePeople(winner?.id ?? '', loser?.id ?? '')
    await client.sync()
    await expectTruth(client)
    expect(await live('leads')).toBe(39)
  })

  test.each([
    ['who changed', {}],
    ['who changed, and whose notes it was the turn to look through', { notesSweepHours: 1 }],
  ])('the only note of somebody %s', async (_, settings) => {
    client = await all.connect(quiet.webKey, settings)
    const anna = client.account.truth().people[0]?.id ?? ''
    const note = client.account.addNote(anna, 'Asked for the brochure.')
    await client.sync()
    await expectTruth(client)
    client.account.removeNote(note)
    client.account.editPerson(anna, { phone: '5185550100' })
    const { run, streams } = await client.sync()
    expect([run.status, run.error_detail, streams.notes?.retired]).toEqual(['success', null, 1])
    await expectTruth(client)
  })

  test('the notes of an account that had none at first are found without a change of their people', async () => {
    client = await all.connect(quiet.webKey, { notesSweepHours: 1 })
    await client.sync()
    expect(await live('notes')).toBe(0)
    client.account.addNote(client.account.truth().people[3]?.id ?? '', 'Asked for the brochure.')
    await client.sync()
    expect(await live('notes')).toBe(1)
  })

  test('but not the notes of everybody, little by little, when the lists of notes become empty', async () => {
    const before = await live('notes')
    all.simulator.faults.add({
      fault: 'empty-list',
      operation: 'read_client_history_notes',
      account: client.account.webKey,
    })
    for (let run = 0; run < 6; run += 1) await client.sync()
    all.simulator.faults.clear()
    expect(await live('notes')).toBe(before)
    await client.sync()
  })

  test('no note is called fresher than the list of people that would have announced it', async () => {
    await client.sync()
    const before = await client.freshness()
    const anna = client.account.truth().people[0]?.id ?? ''
    client.account.addNote(anna, 'Wants to open in the spring.')
    all.simulator.faults.add({
      fault: 'error-body',
      operation: 'read_client_list',
      account: client.account.webKey,
    })
    const { streams } = await client.sync()
    all.simulator.faults.clear()
    expect([streams.leads?.status, streams.notes?.status]).toEqual(['failed', 'success'])
    expect((await client.freshness()).notes).toBe(before.notes)
    await client.sync()
    const after = await client.freshness()
    expect(after.notes).not.toBe(before.notes)
    expect(after.notes).toBe(after.leads)
    await expectTruth(client)
  })

  test('the notes of somebody who left', async () => {
    removePeople(2)
    await client.sync()
    await client.sync()
    await expectTruth(client)
  })
})
