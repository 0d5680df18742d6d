import { expect, test } from 'vitest'
import { connectors } from '../../../worker/connectors/registry.ts'

test('each CRM is found by the name it has itself, and nothing by a name that none has', async () => {
  const all = await connectors.all()
  expect([...all.values()].map(({ name }) => name)).toEqual(connectors.names)
  expect(await connectors.get('constructor')).toBeUndefined()
})
