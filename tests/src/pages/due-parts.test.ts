import pg from 'pg'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { minutesAhead, seedDesk, type Desk } from '../due-desk.ts'
import { visit } from './browser.ts'
import { expectSound, looks } from './looks.ts'

let app: TestApp
let browser: Browser
let desk: Desk

/** Every part of the page has something in it. */
beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  desk = await seedDesk(app, { isBusy: false })
  for (const title of ['Priya', 'Marcus'])
    await desk.opportunity(title, {}, { due_at: minutesAhead(-2_880), details: `Call ${title}` })
  await desk.opportunity('Colette')
  await app.seed.insert('crm_writes', {
    tenant_id: desk.tenantId,
    connection_id: desk.connection.id,
    opportunity_id: desk.ids.get('Priya'),
    number: 1,
    payload: { next_action_details: 'Call Priya' },
    state: 'refused',
    attempts: 1,
    settled_at: new Date(),
    refused_because: 'the deal is locked',
  })
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

/** How each part shows that it was read. */
const parts = {
  list: 'id="due-overdue"',
  strip: 'class="sheet load"',
  rail: 'Plan for Colette',
  refused: 'Not written to the CRM</h2>',
  views: 'Save view',
}
type Part = keyof typeof parts

/** Parts, by what none of the others reads: so that they fail, and no other does. */
const alone: [what: string, words: string[], table: string, column: string, missing: Part[]][] = [
  ['the list', ['The due actions couldn’t be read'], 'next_actions', 'kind', ['list']],
  ['the strip', ['How much is due couldn’t be read.'], 'pipelines', 'name', ['strip']],
  [
    'the strip and the rail',
    ['How much is due couldn’t be read.', 'What could slip away couldn’t be read.'],
    'opportunities',
    'own_outcome',
    ['strip', 'rail'],
  ],
  [
    'what is not written',
    ['What is not written to the CRM couldn’t be read.'],
    'crm_writes',
    'settled_at',
    ['refused'],
  ],
  ['the saved views', ['The saved views couldn’t be read.'], 'saved_views', 'is_shared', ['views']],
]

/** Takes a column from under the queries that name it, in the database of this test alone. */
async function without<T>(table: string, column: string, work: () => Promise<T>): Promise<T> {
  await app.seed.client.query(`alter table ${table} rename column ${column} to hidden`)
  try {
    return await work()
  } finally {
    await app.seed.client.query(`alter table ${table} rename column hidden to ${column}`)
  }
}

async function look(path = `/w/${desk.slug}/due`) {
  app.logged.length = 0
  const answer = await desk.kofi.get(path)
  const text = (await answer.text()).replaceAll(/\s+/g, ' ')
  const shown = (Object.keys(parts) as Part[]).filter((part) => text.includes(parts[part]))
  return { answer, text, shown }
}

test('where all is well, all parts are there, and nothing is said of failures', async () => {
  const { answer, text, shown } = await look()
  expect(answer.status).toBe(200)
  expect(shown).toEqual(Object.keys(parts))
  expect(text).not.toContain('data-failed')
})

describe.each(alone)('%s, which cannot be read', (_, words, table, column, missing) => {
  test('is said to be missing, with the way to try again, and everything else is there', async () => {
    await without(table, column, async () => {
      const { answer, text, shown } = await look()
      expect(shown).toEqual(Object.keys(parts).filter((part) => !(missing as string[]).includes(part)))
      expect(text.match(/data-failed/g)).toHaveLength(words.length)
      for (const one of words) expect(text).toContain(one)
      expect(text.match(/<a [^>]*href(="")?>\s*Try again/g)).toHaveLength(words.length)
      const reference = answer.headers.get('x-request-id')
      expect(text).toContain(`Reference <code>${reference}</code>`)
      // Whoever watches the answers hears of the list; of the rest, whoever watches the log.
      expect(answer.status).toBe(missing.includes('list') ? 500 : 200)
      const why = app.logged.filter(({ level, request_id: id }) => level === 50 && id === reference)
      expect(why.map(({ msg }) => msg)).toContain(
        missing.includes('list') ? 'list not read' : 'part not read',
      )
      for (const line of why) expect(JSON.stringify(line)).toContain('does not exist')
    })
    expect((await look()).shown).toEqual(Object.keys(parts))
  })

  test.each(looks)('is sound, $colorScheme at $viewport.width px', async (options) => {
    await without(table, column, async () => {
      const address = `${app.url}/w/${desk.slug}/due`
      const { complaints, ...visited } = await visit(browser, address, { ...options, as: desk.kofi })
      // A browser says in its console that the answer was a failure.
      await expectSound({ ...visited, complaints: complaints.filter((line) => !/status of 500/.test(line)) })
      await visited.close()
    })
  })
})

test('nothing is called done, or counted, that was not counted', async () => {
  await without('pipelines', 'name', async () => {
    const { text } = await look(`/w/${desk.slug}/due?q=nobody`)
    expect(text).not.toContain('All done!')
    expect(text).toContain('How much is due could not be counted just now.')
    expect((await look()).text).toMatch(/<span class="count" data-unknown/)
    const unplanned = await look(`/w/${desk.slug}/due?view=unplanned`)
    expect(unplanned.text).toContain('Add next step for Colette')
  })
})

test('a part that somebody holds keeps nobody waiting for the others twice as long', async () => {
  const holder = new pg.Client({ connectionString: app.databaseUrl })
  await holder.connect()
  try {
    await holder.query('begin; lock table saved_views in access exclusive mode')
    const { answer, shown, text } = await look()
    expect(answer.status).toBe(200)
    expect(text).toMatch(/couldn’t be read\.<\/b> (Something else is changing|Reading it took longer)/)
    expect(shown).toEqual(['list', 'strip', 'rail', 'refused'])
  } finally {
    await holder.end()
  }
})
