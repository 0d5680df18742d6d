import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FaultName, FaultRule } from '../../simulator/main.ts'
import { arrange, type Arrangement, type Client, type SyncOptions } from './arrange.ts'
import { expectFailure, expectRecovery, leaveChange, syncUnder, type Outcome } from './under-fault.ts'

let all: Arrangement
let client: Client
beforeAll(async () => {
  all = await arrange()
  client = await all.connect()
  await client.sync()
})
afterAll(() => all.close())

type Case = [
  sentence: string,
  fault: FaultName,
  operator: RegExp,
  rule?: Omit<FaultRule, 'fault'>,
  options?: SyncOptions,
]

const isDown: Outcome = {
  run: 'partial',
  stream: 'failed',
  code: 'E_CRM_DOWN',
  client: /^ClientTether answers with errors or not at all\. The data stays as it is; we keep trying\.$/,
  operator: /./,
  asked: 4,
}

const isUnreadable: Outcome = {
  run: 'partial',
  stream: 'failed',
  code: 'E_CRM_BAD_REPLY',
  client: /^ClientTether sent an answer about leads that we could not read\. Nothing was changed by it\.$/,
  operator: /./,
  asked: 1,
}

const patient: SyncOptions = { timeoutMs: 100 }

describe('trouble that may pass is tried four times; then the list has failed and the others are current', () => {
  test.each<Case>([
    ['C4: 500 in plain text', 'server-error', /^status 500$/],
    ['C4: 502 with a page of a proxy', 'bad-gateway-html', /^status 502$/],
    ['C4: 503 with a page', 'unavailable', /^status 503$/],
    ['C4: 504 with a page', 'gateway-timeout', /^status 504$/],
    ['C9: a connection closed without a byte', 'hung-up', /UND_ERR_SOCKET|ECONNRESET/],
    ['C9: half of the announced body', 'cut-body', /UND_ERR|closed/],
    ['C9: a socket reset within the chunks', 'reset-while-chunked', /ECONNRESET|UND_ERR_SOCKET/],
    ['C11: one byte now and then', 'slow-drip', /no complete answer within/, { params: { ms: 20 } }, patient],
    ['C11: silence', 'never-answers', /no complete answer within/, {}, patient],
    ['CT_500 inside a success', 'error-body', /CT500 for leads: Unknown Error/],
  ])('%s', async (_sentence, fault, operator, rule, options) => {
    await expectFailure(all, client, fault, { ...isDown, operator }, rule, options)
  })

  test.each<Case>([
    ['C7: a gzip body that was cut', 'truncated-gzip', /compressed body was cut/],
    ['C10: JSON that ends in a row', 'cut-json', /body that is not JSON/],
    ['C16: a comma too many', 'invalid-json', /body that is not JSON/],
  ])('%s', async (_sentence, fault, operator, rule) => {
    await expectFailure(all, client, fault, { ...isUnreadable, operator, asked: 4 }, rule)
  })
})

describe('an answer that will be the same again is asked for once', () => {
  test.each<Case>([
    ['C5: a page to sign in', 'login-page', /status 200 with a page \(text\/html/],
    ['C6: an empty body', 'empty-body', /status 200 with an empty body/],
    ['C6: no content', 'no-content', /status 204 with an empty body/],
    [
      'C8: a small body that becomes a huge one',
      'gzip-bomb',
      /larger than 32 MB/,
      { params: { megabytes: 40 } },
    ],
    ['C12: 20 kB in one header', 'huge-headers', /headers of the answer are too large/],
    ['C12: a hundred headers', 'many-headers', /headers of the answer are too large/],
    ['C13: another address', 'redirect', /status 302: redirected/],
    ['C16: bytes that are not UTF-8', 'invalid-utf8', /not valid UTF-8/],
    ['C16: another encoding than JSON has', 'latin1', /not valid UTF-8/],
    ['an unknown operation', 'operation-not-found', /CT404/],
    ['CT_501 inside a success', 'error-body', /CT501 for leads/, { params: { code: 'CT_501' } }],
    ['E8: a body of 40 MB', 'huge-body', /larger than 32 MB/, { params: { bytes: 40_000_000 } }],
  ])('%s', async (_sentence, fault, operator, rule) => {
    await expectFailure(all, client, fault, { ...isUnreadable, operator }, rule)
  })

  test('403 on one list says who may not read it, and the others are current', async () => {
    await expectFailure(all, client, 'forbidden', {
      run: 'partial',
      stream: 'failed',
      code: 'E_PERMISSION',
      client: /^The ClientTether account may not read leads\./,
      operator: /403/,
      asked: 1,
    })
  })
})

describe('trouble that passed is a success like any other', () => {
  test.each<[FaultName]>([
    ['server-error'],
    ['bad-gateway-html'],
    ['hung-up'],
    ['cut-body'],
    ['reset-while-chunked'],
    ['truncated-gzip'],
    ['cut-json'],
    ['rate-limited-bare'],
    ['rate-limited-negative'],
    ['rate-limited-garbage'],
  ])('%s, twice', async (fault) => {
    await leaveChange(client)
    const { run, asked } = await syncUnder(all, client, fault, { nth: 2, times: 2 })
    expect([run.status, run.retries, asked]).toEqual(['success', 2, 5])
    await expectRecovery(all, client)
  })

  test('C16: a byte order mark is none of the text', async () => {
    const { run } = await syncUnder(all, client, 'byte-order-mark')
    expect(run.status).toBe('success')
    await expectRecovery(all, client)
  })

  test('a slow answer in full is an answer', async () => {
    const { run } = await syncUnder(all, client, 'slow-answer', { params: { ms: 60 }, times: 1 })
    expect([run.status, run.retries]).toEqual(['success', 0])
  })
})
