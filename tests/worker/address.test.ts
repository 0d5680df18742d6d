import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isPublic } from '../../worker/address.ts'
import { clientTether } from '../../worker/connectors/clienttether.ts'
import { createFetcher } from '../../worker/fetcher.ts'
import { listOf, sendJson, startStub, type StubCrm } from './stub-crm.ts'

describe('an address', () => {
  test.each(['8.8.8.8', '1.1.1.1', '203.0.114.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
    '%s is anyone’s',
    (address) => expect(isPublic(address)).toBe(true),
  )
  test.each([
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:169.254.169.254',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:db8::1',
  ])('%s is ours or nobody’s', (address) => expect(isPublic(address)).toBe(false))
})

describe('a connection into our own network is refused when it is opened', () => {
  let stub: StubCrm
  beforeAll(async () => {
    stub = await startStub((response) => sendJson(response, listOf()))
  })
  afterAll(() => stub.close())

  const port = () => new URL(stub.url).port
  test.each([
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '017700000001',
    '127.1',
    '0',
    '0.0.0.0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:0:0:1]',
    'localhost',
    'LOCALHOST',
  ])('%s', async (host) => {
    const fetcher = createFetcher({
      connector: clientTether,
      baseUrl: `http://${host}:${port()}/v2/api/`,
      secrets: { accessToken: 'CANARY-TOKEN', webKey: 'CT_rosewood' },
      allowPrivateHosts: false,
      turn: async () => {},
      quiet: async () => {},
      stopping: new AbortController().signal,
      retryWaitsMs: [1, 1, 1],
    })
    await expect(fetcher.ask({ method: 'GET', path: 'read_user_list' }, 'owners')).rejects.toMatchObject({
      code: 'E_SETTINGS',
      message: /is not a public address\. .*TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS/,
    })
    await fetcher.close()
    await sleep(0)
    expect(stub.requests).toEqual([])
  })
})

test('C15: a name that leads nowhere is a CRM that is down', async () => {
  const fetcher = createFetcher({
    connector: clientTether,
    baseUrl: 'http://crm.invalid/v2/api/',
    secrets: {},
    allowPrivateHosts: false,
    turn: async () => {},
    quiet: async () => {},
    stopping: new AbortController().signal,
    retryWaitsMs: [1],
  })
  await expect(fetcher.ask({ method: 'GET', path: 'read_user_list' }, 'owners')).rejects.toMatchObject({
    code: 'E_CRM_DOWN',
    message: /ENOTFOUND|EAI_AGAIN/,
  })
  expect(fetcher.traffic).toMatchObject({ requests: 2, retries: 1 })
  await fetcher.close()
})
