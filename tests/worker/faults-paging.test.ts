import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FaultName, FaultRule } from '../../simulator/main.ts'
import { arrange, rosewood, type Arrangement, type Client } from './arrange.ts'
import { expectTruth } from './truth.ts'
import { expectFailure, expectRecovery, leaveChange, syncUnder, type Outcome } from './under-fault.ts'

const newestFirst = { ...rosewood, webKey: 'CT_newest', seed: 8, people: 42, order: 'newestFirst' } as const
const oldestFirst = { ...rosewood, webKey: 'CT_oldest', seed: 9, people: 42 }

let all: Arrangement
let client: Client
beforeAll(async () => {
  all = await arrange([rosewood, newestFirst, oldestFirst])
  client = await all.connect()
  await client.sync()
})
afterAll(() => all.close())

type Case = [
  sentence: string,
  fault: FaultName,
  operator: RegExp,
  asked: number,
  rule?: Omit<FaultRule, 'fault'>,
]

const broken = (code: Outcome['code'], client: RegExp): Omit<Outcome, 'operator'> => ({
  run: 'partial',
  stream: 'failed',
  code,
  client,
})
const isUnreadable = broken(
  'E_CRM_BAD_REPLY',
  /^ClientTether sent an answer about leads that we could not read/,
)
const doesNotEnd = broken(
  'E_PAGING_LOOP',
  /^The list of leads in ClientTether did not end\. The data stays as it is\.$/,
)
const isShort = broken('E_SHORT_READ', /^The list of leads from ClientTether was incomplete\./)

describe('an envelope that is not what was promised is no list', () => {
  test.each<Case>([
    ['A3: TotalRecord is missing', 'total-missing', /TotalRecord/, 1],
    ['data is missing', 'data-missing', /data/, 1],
    ['data is an object', 'data-not-an-array', /data/, 1],
    ['A2: the second page is a success without data', 'data-missing', /data/, 2, { nth: 2, times: 5 }],
    ['A2: the third page is a page to sign in', 'login-page', /instead of JSON/, 3, { nth: 3, times: 5 }],
  ])('%s', async (_sentence, fault, operator, asked, rule) => {
    await expectFailure(all, client, fault, { ...isUnreadable, operator, asked }, rule)
  })
})

describe('a list that goes round in circles is left', () => {
  test.each<Case>([
    ['D1: the first page for ever', 'same-page-for-ever', /the same page came again/, 2],
    ['D2: two pages in turn', 'alternate-pages', /the same page came again/, 3],
  ])('%s', async (_sentence, fault, operator, asked) => {
    await expectFailure(all, client, fault, { ...doesNotEnd, operator, asked })
  })
})

describe('a list that ends before its own count was not read to its end', () => {
  test.each<Case>([
    [
      'D4: TotalRecord counts 500 more than come',
      'total-too-high',
      /nothing after row 23 of a list of 524/,
      4,
    ],
    [
      'D4: only the first half comes, under the full count',
      'half-list-full-total',
      /nothing after row 11 of a list of 24/,
      3,
    ],
  ])('%s', async (_sentence, fault, operator, asked) => {
    await expectFailure(all, client, fault, { ...isShort, operator, asked, bringsRows: true })
  })
})

describe('a list that moves while it is read is read right', () => {
  test.each<[string, string, FaultName]>([
    ['a row comes in before each page, newest first', 'CT_newest', 'row-inserted'],
    ['a row comes in before each page, oldest first', 'CT_oldest', 'row-inserted'],
    ['D5: rows are seen on two pages', 'CT_oldest', 'page-overlaps'],
  ])('%s', async (_sentence, webKey, fault) => {
    const moving = await all.connect(webKey)
    await moving.sync()
    const { run } = await syncUnder(all, moving, fault, { times: 2 })
    expect([run.status, run.error_detail]).toEqual(['success', null])
    await expectRecovery(all, moving)
  })

  test.each(['CT_newest', 'CT_oldest'])(
    'a row leaves from the top before a page is answered: no row behind it is missed (%s)',
    async (webKey) => {
      const moving = await all.connect(webKey)
      await moving.sync()
      await leaveChange(moving)
      const { run, streams } = await syncUnder(all, moving, 'row-removed', { times: 1 })
      expect([run.status, run.error_detail]).toEqual(['success', null])
      expect(streams.leads).toMatchObject({ updated: 1 })
      await expectTruth(moving)
    },
  )

  test('D3: an empty page in the middle is a fault of the list, not its end', async () => {
    await expectFailure(
      all,
      client,
      'half-list-full-total',
      { ...isShort, operator: /^empty page at row 18 of a list of 24$/ },
      { nth: 3, times: 1 },
    )
  })
})

describe('what is harmless changes nothing', () => {
  test.each<FaultName>(['other-key-spelling', 'total-as-text'])('%s', async (fault) => {
    await leaveChange(client)
    const { run } = await syncUnder(all, client, fault)
    expect([run.status, run.error_detail]).toEqual(['success', null])
    await expectTruth(client)
  })
})

test('A2: an error on a later page keeps what came before it and removes nothing', async () => {
  const fresh = await all.connect()
  const { run, streams } = await syncUnder(all, fresh, 'server-error', { nth: 2, times: 50 })
  expect([run.status, run.error_code, streams.leads?.status]).toEqual(['partial', 'E_CRM_DOWN', 'failed'])
  expect(await fresh.records('leads')).toHaveLength(10)
  expect((await fresh.freshness()).leads).toBeNull()
  await expectRecovery(all, fresh)
})

test('A2: a first page that fails leaves no empty success behind', async () => {
  const fresh = await all.connect()
  const { streams } = await syncUnder(all, fresh, 'server-error')
  expect(streams.leads).toMatchObject({ status: 'failed', error_code: 'E_CRM_DOWN', fetched: 0 })
  expect((await fresh.freshness()).leads ?? null).toBeNull()
  await expectRecovery(all, fresh)
})
