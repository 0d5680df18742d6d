import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { SimulatedAccount } from '../../../simulator/main.ts'
import { connectors } from '../../../worker/connectors/registry.ts'
import { claimNudged } from '../../../worker/nudge.ts'
import { runNow } from '../../../worker/run-now.ts'
import type { Arrangement, Client, Stored } from '../arrange.ts'
import { expectTruth } from '../truth.ts'
import type { Subject } from './conformance.ts'

/** The field of deals that holds the market, as messages name it, and how the CRM takes it away from us or gives it back. */
export type MarketField = {
  name: string
  hide: (all: Arrangement, account: SimulatedAccount, isHidden: boolean) => void
}

/** What becomes of our columns when somebody deletes or hides the field that they are mapped to. */
export function keepsMappedFields(
  { market, streams: { opportunities: deals } }: Subject,
  begin: () => Promise<{ all: Arrangement; client: Client }>,
): void {
  const filled = async (client: Client) =>
    (await client.records('opportunities')).filter((row) => row.market !== null).length

  test('a mapped field that vanishes is lost and not empty: neither a pass nor a look writes over what is stored, until it is back', async () => {
    const { all, client } = await begin()
    expect(await filled(client)).toBeGreaterThan(0)
    const before = await client.records('opportunities')
    const fresh = await client.freshness()
    market.hide(all, client.account, true)
    all.simulator.advance(60_000)
    await lookAt(all, client, deals?.edit?.(client.account) ?? '')
    for (const full of [false, true]) {
      const { streams: ended } = await client.sync({ full })
      expect(ended.opportunities).toMatchObject({ status: 'failed', error_code: 'E_PERMISSION' })
      expect(ended.opportunities?.error_detail).toContain(`${market.name} can no longer be seen`)
    }
    expect(await client.records('opportunities')).toEqual(before)
    expect((await client.freshness()).opportunities).toBe(fresh.opportunities)
    market.hide(all, client.account, false)
    expect((await client.sync()).run.status).toBe('success')
    await expectTruth(client)
  })

  test('a mapped field that is gone for good stops nothing any more once nobody maps it', async () => {
    const { all, client } = await begin()
    market.hide(all, client.account, true)
    expect((await client.sync({ full: true })).streams.opportunities?.error_code).toBe('E_PERMISSION')
    await mapNoMarket(all, client)
    for (const full of [true, false]) expect((await client.sync({ full })).run.status).toBe('success')
    expect(await filled(client)).toBe(0)
  })

  test('a mapped field that is gone for good stops nothing any more once a person says so', async () => {
    const { all, client } = await begin()
    market.hide(all, client.account, true)
    expect((await client.sync({ full: true })).streams.opportunities?.error_code).toBe('E_PERMISSION')
    for (const acceptAbsence of [true, false]) {
      const { streams: ended } = await client.sync({ full: true, acceptAbsence })
      expect(ended.opportunities?.error_code).not.toBe('E_PERMISSION')
    }
    expect(await filled(client)).toBe(0)
  })
}

/** As if a webhook had told of this deal; nothing happens where the CRM has none. */
async function lookAt(all: Arrangement, { tenantId, connectionId }: Client, sourceId: string): Promise<void> {
  await all.db.query(
    `insert into nudges (tenant_id, connection_id, event_key, stream, source_id) values ($1, $2, $3, 'opportunities', $4)`,
    [tenantId, connectionId, randomUUID(), sourceId],
  )
  const [claimed] = await claimNudged(all.database, 0)
  if (claimed === undefined) throw new Error('nobody looks')
  await runNow(all.worker, all.database, claimed, new AbortController().signal)
}

async function mapNoMarket(all: Arrangement, client: Client): Promise<void> {
  const { connector, settings } = await client.connection()
  const mapping = (await connectors.get(String(connector)))?.mapping
  if (mapping === undefined) throw new Error(`nothing can be mapped of ${String(connector)}`)
  const stored = settings as Stored
  const without = mapping.lay(stored, { ...mapping.of(stored), market: null })
  await all.db.query('update connections set settings = $2 where id = $1', [
    client.connectionId,
    JSON.stringify(without),
  ])
}
