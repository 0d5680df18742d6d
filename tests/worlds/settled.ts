import { expect } from 'vitest'
import type { Client } from '../worker/arrange.ts'

/** No record that the CRM still holds is a tombstone. `alive` are the ids it holds, by table. */
export async function expectNothingBuriedAlive(
  client: Client,
  alive: Record<string, Iterable<string>>,
): Promise<void> {
  for (const [table, ids] of Object.entries(alive)) {
    const held = new Set(ids)
    const buried = (await client.records(table)).filter((row) => row.deleted_at !== null)
    expect(buried.filter((row) => held.has(String(row.source_id)))).toEqual([])
  }
}

/** A clean run brings what is `true`, quarantines nothing, and the next one writes nothing into what is `stored`. */
export async function expectSettled(
  client: Client,
  expectTrue: (client: Client) => Promise<void>,
  stored: () => Promise<unknown> = () => client.everything(),
): Promise<void> {
  const { run } = await client.sync({ acceptAbsence: true })
  expect([run.status, run.error_detail, run.quarantined]).toEqual(['success', null, 0])
  await expectTrue(client)
  const before = await stored()
  const again = await client.sync()
  expect(again.run).toMatchObject({ status: 'success', created: 0, updated: 0, retired: 0 })
  expect(await stored()).toEqual(before)
}
