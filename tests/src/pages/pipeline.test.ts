import fc from 'fast-check'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { layOutAll } from '../../support/lay-out-all.ts'
import { startApp, type TestApp } from '../app.ts'
import { minutesAgo, seedTidewell, type Connection } from '../seed.ts'
import { follow, visit } from './browser.ts'
import { expectSound, looks } from './looks.ts'

let app: TestApp
let browser: Browser
let harbour: { tenantId: string; connection: Connection }

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  harbour = await seedHarbour('harbour')
  await seedTidewell(app.seed)
  await seedHarbour('stale', { ageMinutes: 400 })
  await seedHarbour('none', { deals: 0 })
  await app.seed.connection(await app.seed.tenant('bramble'))
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

const day = 1_440

/** A client of ninety days with five stages, deals of two owners, and a history of the last week. */
async function seedHarbour(slug: string, { ageMinutes = 14, deals = 60 } = {}) {
  const { seed } = app
  const tenantId = await seed.tenant(slug)
  const connection = await seed.connection(tenantId)
  const first = {
    queued_at: minutesAgo(90 * day),
    started_at: minutesAgo(90 * day),
    finished_at: minutesAgo(90 * day),
  }
  const firstRun = await seed.run(connection, first)
  const run = await seed.run(connection)
  for (const stream of ['stages', 'opportunities', 'owners', 'leads', 'notes', 'activities']) {
    await seed.pass(connection, firstRun, stream, {
      started_at: minutesAgo(90 * day),
      finished_at: minutesAgo(90 * day),
    })
    await seed.pass(connection, run, stream)
    await seed.cursor(connection, stream, minutesAgo(ageMinutes))
  }
  const owners = []
  for (const name of ['Dana Mercado', 'Ana Ruiz'])
    owners.push(await seed.record('owners', connection, { name }))
  const stages = []
  for (const [position, name] of ['New lead', 'Qualified', 'FDD sent', 'Validation', 'Approved'].entries()) {
    const stage = { name, position, probability: (position + 1) / 10, is_active: true, outcome: 'open' }
    stages.push(await seed.record('stages', connection, stage))
  }
  for (let n = 0; n < deals; n += 1) {
    const isYoung = n % 6 === 0
    const row = {
      title: `Candidate ${n}`,
      status: n % 20 === 7 ? 'won' : 'open',
      stage_id: stages[n % 3 === 0 ? 0 : n % 5],
      owner_id: owners[n % 2],
      amount_minor: n % 15 === 14 ? null : 1_000_000 + n * 10_000,
      currency: n % 12 === 11 ? 'CAD' : 'USD',
      market: n % 2 === 0 ? 'Austin, TX' : 'Boise, ID',
      units: 1 + (n % 3),
      changed_at: isYoung ? minutesAgo(2 * day) : minutesAgo(80 * day),
    }
    const id = await seed.record('opportunities', connection, row)
    if (!isYoung || n % 12 === 0) continue
    await seed.insert('opportunity_versions', {
      tenant_id: tenantId,
      opportunity_id: id,
      valid_from: minutesAgo(80 * day),
      valid_to: row.changed_at,
      run_id: run,
      snapshot_id: run,
      status: 'open',
      stage_id: stages[1],
      amount_minor: 900_000,
      currency: 'USD',
    })
  }
  return { tenantId, connection }
}

const states = {
  board: '/w/harbour/pipeline',
  table: '/w/harbour/pipeline?view=table&sort=-likely',
  filtered: '/w/harbour/pipeline?change=raised&since=30d',
  'no match': '/w/harbour/pipeline?q=nobody&closing=quarter',
  'no deals': '/w/none/pipeline',
  'a short history': '/w/tidewell/pipeline',
  stale: '/w/stale/pipeline',
  'never synced': '/w/bramble/pipeline',
}

describe.each(Object.entries(states))('the pipeline, %s', (_, address) => {
  test.each(looks)(
    '$colorScheme at $viewport.width px pleases axe and the policy, and fits',
    async (look) => {
      const visited = await visit(browser, app.url + address, { ...look, as: app.ana })
      await expectSound(visited)
      await visited.close()
    },
  )

  test('says the same without scripts', async () => {
    const { page, close } = await visit(browser, app.url + address, { javaScriptEnabled: false, as: app.ana })
    expect(await page.locator('h1').innerText()).toBe('Pipeline')
    expect(await page.locator('main').innerText()).not.toMatch(/NaN|undefined|null|Infinity/)
    await close()
  })
})

const plain = () => ({ javaScriptEnabled: false, as: app.ana })

test.each([320, 1_920])('fits a window of %i px', async (width) => {
  const look = { viewport: { width, height: 900 }, as: app.ana }
  for (const address of [states.board, states.table]) {
    const visited = await visit(browser, app.url + address, look)
    await expectSound(visited)
    await visited.close()
  }
})

describe('the page of a deal', () => {
  /** Its CRM remembers two steps from before our first copy, the second as we then saw it, and one that we saw ourselves. */
  async function seedDeal(title: string): Promise<string> {
    const { seed } = app
    const { rows } = await seed.client.query<{ id: string; stage_id: string; at: Date }>(
      `select o.id, o.stage_id, min(v.valid_from) as at from opportunities o join opportunity_versions v on v.opportunity_id = o.id
       where o.tenant_id = $1 and o.status = 'open' and o.currency = 'USD' and o.title = $2 group by 1, 2`,
      [harbour.tenantId, title],
    )
    const [deal] = rows
    await seed.client.query(
      `update connections set settings = '{"fields": {"custom": {"Territory code": "x"}}}' where id = $1`,
      [harbour.connection.id],
    )
    await seed.client.query(
      `update opportunities set custom = '{"Territory code": "TX-0417", "other": "not chosen"}' where id = $1`,
      [deal?.id],
    )
    const told = { opportunity_id: deal?.id, amount_minor: 900_000, currency: 'USD' }
    const before = (days: number) => new Date((deal?.at.getTime() ?? 0) - days * 86_400_000)
    const steps = [
      { stage_name: 'Called', happened_at: before(30) },
      { stage_name: 'Qualified', happened_at: before(10) },
      { stage_name: 'Never told twice', happened_at: before(-70) },
    ]
    for (const step of steps) await seed.record('stage_changes', harbour.connection, { ...told, ...step })
    return deal?.id ?? ''
  }
  let address: string
  beforeAll(async () => {
    address = `/w/harbour/pipeline/${await seedDeal('Candidate 6')}`
  })

  test.each(looks)(
    '$colorScheme at $viewport.width px pleases axe and the policy, and fits',
    async (look) => {
      const visited = await visit(browser, app.url + address, { ...look, as: app.ana })
      await expectSound(visited)
      await visited.close()
    },
  )

  test('is behind its name on board and table, and says its fields and its history, each step once', async () => {
    const { page, close } = await visit(browser, `${app.url}${states.table}&q=Candidate+6`, plain())
    await follow(page, () => page.locator(`a[href="${address}"]`).click())
    const main = page.locator('main')
    expect(await main.innerText()).toContain('Territory code\nTX-0417')
    expect(await main.innerText()).not.toContain('not chosen')
    const history = page.getByRole('table', { name: 'History' })
    const rows = await history.locator('tbody tr').allInnerTexts()
    expect(rows.map((row) => /own record|Our copy/.exec(row)?.[0])).toEqual([
      'Our copy',
      'own record',
      'own record',
    ])
    expect(rows.slice(1)).toEqual([expect.stringContaining('Qualified'), expect.stringContaining('Called')])
    expect(rows.join()).not.toContain('Never told twice')
    await page.goto(app.url + states.board)
    expect(await page.locator('.card h4 a[href^="/w/harbour/pipeline/"]').count()).toBeGreaterThan(5)
    await close()
  })
})

describe('what it says', () => {
  test('the figures are those of SQL, and in one currency', async () => {
    const { rows } = await app.seed.client.query<{ n: string; amount: string; stages: string }>(
      `select count(*) n, sum(amount_minor) amount, count(distinct stage_id) stages from opportunities
       where tenant_id = $1 and status = 'open' and deleted_at is null and currency = 'USD'`,
      [harbour.tenantId],
    )
    const { page, close } = await visit(browser, app.url + states.board, plain())
    const figures = await page.locator('.kpis').innerText()
    const dollars = `$${Math.round(Number(rows[0]?.amount) / 100).toLocaleString('en-US')}`
    expect(figures).toContain(dollars)
    expect(figures).toContain(`Open deals in ${rows[0]?.stages} stages`)
    expect(await page.locator('[data-result]').innerText()).toContain(`${rows[0]?.n} deals · ${dollars} · `)
    await page.getByRole('link', { name: /^CAD, \d+ deals$/ }).click()
    expect(await page.locator('.kpis').innerText()).toContain('CA$')
    await close()
  })

  test('head, board and table count the same deals, whatever is filtered', async () => {
    const idsOf = async (table: string) => {
      const { rows } = await app.seed.client.query<{ id: string }>(
        `select id from ${table} where tenant_id = $1 order by id`,
        [harbour.tenantId],
      )
      return rows.map(({ id }) => id)
    }
    const filters = fc.record(
      {
        status: fc.constantFrom('open', 'won', 'lost', 'all'),
        stage: fc.constantFrom('none', ...(await idsOf('stages'))),
        owner: fc.constantFrom(...(await idsOf('owners'))),
        currency: fc.constantFrom('USD', 'CAD'),
        q: fc.constantFrom('1', 'candidate 2', 'nobody'),
        missing: fc.constant('amount'),
      },
      { requiredKeys: [] },
    )
    const read = async (search: string) => (await app.ana.get(`/w/harbour/pipeline${search}`)).text()
    const inHead = (page: string) => Number(/data-result[^>]*>\s*([\d,]+) deal/.exec(page)?.[1] ?? 0)
    const deals = (page: string) => page.match(/(?<=\/w\/harbour\/pipeline\/)[0-9a-f-]{36}(?=")/g) ?? []
    await fc.assert(
      fc.asyncProperty(filters, async (asked) => {
        const query = new URLSearchParams(asked).toString()
        const board = await read(`?${query}`)
        const columns = [...board.matchAll(/<h3>[^<]*<span class="num">([\d,]+)</g)].map(([, n]) => Number(n))
        const listed = new Set<string>()
        let next: string | undefined = `?view=table&${query}`
        while (next !== undefined) {
          const table: string = await read(next)
          expect(inHead(table)).toBe(inHead(board))
          for (const id of deals(table)) listed.add(id)
          const more: string | undefined = /<load-more[^>]*>\s*<a[^>]*href="([^"]+)"/.exec(table)?.[1]
          next = more?.replaceAll('&amp;', '&')
        }
        expect(listed.size).toBe(inHead(board))
        expect(columns.reduce((sum, one) => sum + one, 0)).toBe(inHead(board))
        for (const id of deals(board)) expect(listed).toContain(id)
      }),
      { numRuns: 20 },
    )
  })

  test('a line of what changed opens its deals, and as many', async () => {
    const { page, close } = await visit(browser, app.url + states.table, plain())
    const panel = page.getByRole('table', { name: /What changed since/ })
    expect(await panel.innerText()).not.toContain('Not explained')
    const names = await panel.getByRole('link').allInnerTexts()
    expect(names.length).toBeGreaterThan(2)
    for (const name of names) {
      const counted = Number(await panel.getByRole('row', { name }).getByRole('cell').first().innerText())
      await follow(page, () => panel.getByRole('link', { name, exact: true }).click())
      expect(
        await page.getByRole('table', { name: 'Deals', exact: true }).locator('tbody tr').count(),
        name,
      ).toBe(counted)
      await page.goBack()
    }
    await close()
  })

  test('values that are missing are said, and shown', async () => {
    const { page, close } = await visit(browser, app.url + states.board, plain())
    expect(await page.locator('main').innerText()).toMatch(
      /Values missing for \d deals; totals leave them out\./,
    )
    await follow(page, () => page.getByRole('link', { name: 'See them' }).click())
    const values = await page.locator('tbody td[data-label=Value]').allInnerTexts()
    expect(new Set(values.filter((text) => !text.includes('$')))).toEqual(new Set(['No value']))
    await close()
  })

  test('ten stand in a column, and the rest behind a link', async () => {
    const { page, close } = await visit(browser, app.url + states.board, plain())
    const first = page.locator('.column').first()
    expect(await first.locator('.card').count()).toBe(10)
    await follow(page, () => first.getByRole('link', { name: /^Show \d+ more$/ }).click())
    const shown = await page.locator('.column').first().locator('.card').count()
    expect(String(shown)).toBe(await page.locator('.column').first().locator('h3 .num').innerText())
    await close()
  })

  test('filters that leave nothing say so, and each can be taken away', async () => {
    const { page, close } = await visit(browser, app.url + states['no match'], plain())
    expect(await page.locator('#deals').innerText()).toContain('No deals match these 2 filters.')
    await follow(page, () => page.getByRole('link', { name: 'Remove “Search: nobody”' }).click())
    expect(page.url()).not.toContain('nobody')
    await follow(page, () => page.getByRole('link', { name: 'Clear all' }).first().click())
    expect(await page.locator('.card').count()).toBeGreaterThan(10)
    await close()
  })

  test('a copy that is younger than the comparison says where it begins', async () => {
    const { page, close } = await visit(browser, app.url + states['a short history'], plain())
    expect(await page.locator('main').innerText()).toContain('Our copy of all deals begins')
    await close()
  })

  test('a CRM that is still on its first pass is named, and none of its deals counted', async () => {
    const { tenantId } = await seedHarbour('joined', { deals: 12 })
    const young = await app.seed.connection(tenantId, { name: 'HubSpot' })
    await app.seed.cursor(young, 'opportunities', null)
    await app.seed.record('opportunities', young, { title: 'Too early', status: 'open', amount_minor: 99 })
    const { page, close } = await visit(browser, `${app.url}/w/joined/pipeline?view=table`, plain())
    expect(await page.locator('.kpis').innerText()).toContain('HubSpot not included yet')
    expect(await page.locator('main').innerText()).not.toContain('Too early')
    await close()
  })

  test('a comparison is chosen from a menu, by name or by day, and stays while filters change', async () => {
    const { page, close } = await visit(browser, app.url + states.board, plain())
    const menu = page.locator('summary', { hasText: 'Compare' })
    await menu.click()
    await page.getByLabel('Another day').fill('2026-01-05')
    await page.getByRole('button', { name: 'Compare' }).click()
    expect(await menu.innerText()).toBe('Compare: Jan 5, 2026')
    await menu.click()
    const latest = (await page.getByLabel('Another day').getAttribute('max')) ?? ''
    await page.getByLabel('Another day').fill(latest)
    await page.getByRole('button', { name: 'Compare' }).click()
    expect(await page.getByLabel('Another day').inputValue(), 'the latest day is compared with').toBe(latest)
    await menu.click()
    await page.getByRole('link', { name: '30 days ago' }).click()
    expect(await page.locator('.kpis').innerText()).toContain('in 30 d')
    await page.getByLabel('Owner').selectOption({ label: 'Ana Ruiz' })
    await follow(page, () => page.getByRole('button', { name: 'Apply' }).click())
    expect(await page.locator('.kpis').innerText()).toContain('in 30 d')
    expect(await page.getByRole('link', { name: 'Remove Owner: Ana Ruiz' }).isVisible()).toBe(true)
    await close()
  })
})

describe('with scripts', () => {
  test('arrow keys read the chart, and Enter opens the stage', async () => {
    const { page, complaints, close } = await visit(browser, app.url + states.board, { as: app.ana })
    await page.locator('chart-tip').focus()
    await page.keyboard.press('ArrowDown')
    expect(await page.locator('chart-tip .tip').innerText()).toMatch(/^New lead: Deals \d+, Total \$/)
    await page.keyboard.press('End')
    expect(await page.locator('chart-tip .tip').innerText()).toMatch(/^Approved: /)
    await Promise.all([page.waitForURL(/stage=/), page.keyboard.press('Enter')])
    expect(await page.locator('.pills').innerText()).toContain('Stage: Approved')
    expect(complaints).toEqual([])
    await close()
  })

  test('a pointer over a bar shows its values', async () => {
    const { page, close } = await visit(browser, app.url + states.board, { as: app.ana })
    await page.locator('chart-tip .wide [data-mark="1"]').first().hover({ force: true })
    expect(await page.locator('chart-tip .tip').innerText()).toMatch(/^Qualified: /)
    await close()
  })

  test('a column begins with what is late, then today, then what nobody has planned, and says what came and went', async () => {
    const { tenantId } = await seedHarbour('steps')
    const plan = async (title: string, days: number) => {
      const { rows } = await app.seed.client.query<{ id: string }>(
        'select id from opportunities where tenant_id = $1 and title = $2',
        [tenantId, title],
      )
      await app.seed.insert('next_actions', {
        tenant_id: tenantId,
        opportunity_id: rows[0]?.id,
        number: 1,
        how: 'planned',
        details: 'Call back',
        due_at: minutesAgo(-days * day),
      })
    }
    await plan('Candidate 0', 5)
    await plan('Candidate 15', -2)
    await plan('Candidate 24', -9)
    const { page, close } = await visit(browser, `${app.url}/w/steps/pipeline`, plain())
    await layOutAll(page)
    const first = page.locator('.column').first()
    const cards = await first.locator('.card').allInnerTexts()
    expect(cards[0]).toMatch(/^Candidate 24\n[^]*Call back\n?9 d late/)
    expect(cards[1]).toMatch(/^Candidate 15\n[^]*Call back\n?2 d late/)
    for (const card of cards.slice(2)) expect(card).toContain('No next action')
    expect(cards.join()).not.toContain('Candidate 0\n')
    expect(await first.locator('summary').innerText()).toMatch(/\d+ in(, \d+ out)? in 7 d$/)
    await page.goto(`${app.url}/w/steps/pipeline?q=Candidate+0`)
    await layOutAll(page)
    expect(await page.locator('.card', { hasText: 'Call back' }).locator('.step').innerText()).toMatch(
      /^Call back\s+\w{3}, \w{3} \d+$/,
    )
    await close()
  })

  test.each([
    ['table', states.table, 'tbody[data-rows] th a'],
    ['board', states.board, '.card a'],
  ])(
    'J and K walk what changed and the deals of the %s, past what is folded away',
    async (_, address, deals) => {
      const { page, close } = await visit(browser, app.url + address, { as: app.ana })
      const focused = () => page.evaluate(() => document.activeElement?.closest('a')?.textContent.trim())
      const words = async (links: string) =>
        (await page.locator(links).allTextContents()).map((text) => text.trim())
      const changed = await words('.bridge tbody a')
      const first = (await words(deals)).slice(0, 3)
      const walked: (string | undefined)[] = []
      for (const _step of [...changed, ...first]) {
        await page.keyboard.press('j')
        walked.push(await focused())
      }
      expect(walked).toEqual([...changed, ...first])
      await page.keyboard.press('k')
      expect(await focused()).toBe(first[1])
      await close()
    },
  )

  test('arrow keys walk the board', async () => {
    const { page, close } = await visit(browser, app.url + states.board, { as: app.ana })
    const focused = () =>
      page.evaluate(() => document.activeElement?.closest('.card')?.querySelector('h4')?.textContent)
    const cards = (column: number) => page.locator('.column').nth(column).locator('.card h4')
    await page.locator('.card').first().focus()
    await page.keyboard.press('ArrowDown')
    await expect.poll(focused).toBe(await cards(0).nth(1).textContent())
    await page.keyboard.press('ArrowRight')
    await expect.poll(focused).toBe(await cards(1).nth(1).textContent())
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowUp')
    await expect.poll(focused).toBe(await cards(0).first().textContent())
    await close()
  })
})

describe('twenty sets of filters', () => {
  const pick = (n: number, from: readonly string[]) => from[n % from.length] ?? ''
  const sets = Array.from({ length: 20 }, (_, n) => {
    const parts = [
      pick(n, ['', 'q=Austin', 'q=Candidate+1', 'q=%22boise%22']),
      pick(n * 7, ['', 'change=new', '', 'change=forward', 'change=raised', 'change=back']),
      pick(n * 3, ['status=open', 'status=all', 'status=won']),
      pick(n * 5, ['', 'since=30d', 'since=quarter']),
      pick(n * 11, ['', 'currency=CAD', '']),
    ]
    return parts.filter((part) => part !== '').join('&')
  })

  test.each(sets)('%s: the board, the table and their heads agree', async (set) => {
    const text = async (address: string) => (await app.ana.get(address)).text()
    const numberIn = (html: string) =>
      Number(/data-result[^>]*>\s*([\d,]+) deals?/.exec(html)?.[1]?.replace(',', ''))
    const board = await text(`/w/harbour/pipeline?${set}`)
    const all = numberIn(board)
    const heads = [...board.matchAll(/<h3>[^<]*<span class="num">([\d,]+)</g)].map(([, n]) => Number(n))
    expect(heads.reduce((a, b) => a + b, 0)).toBe(all)
    let rows = 0
    let address: string | undefined = `/w/harbour/pipeline?${set}&view=table`
    const ids = new Set<string>()
    while (address !== undefined) {
      const page: string = await text(address)
      expect(numberIn(page)).toBe(all)
      for (const [, id = ''] of page.matchAll(/<tr id="d([^"]+)"/g)) {
        ids.add(id)
        rows += 1
      }
      const next = /href="(\?[^"]*after=[^"]*)"/.exec(page)?.[1]
      address = next && `/w/harbour/pipeline${next.replaceAll('&#38;', '&').replaceAll('&amp;', '&')}`
    }
    expect(rows).toBe(all)
    expect(ids.size).toBe(all)
    const cards = (board.match(/class="card"/g) ?? []).length
    expect(cards).toBe(heads.reduce((sum, n) => sum + Math.min(10, n), 0))
  })
})

describe('the time in a stage', () => {
  test('is said of every deal; slow ones stand out, are listed by themselves, and are as many in the file', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/harbour/pipeline?view=table`, plain())
    const stages = await page.locator('tbody[data-rows] td[data-label=Stage]').allInnerTexts()
    expect(stages.length).toBeGreaterThan(10)
    for (const stage of stages) expect(stage).toMatch(/\d+\+? d there(, slow)?$/)
    await close()
  })

  test('the lists that are asked for most are one link each, in place of other filters', async () => {
    const { page, close } = await visit(browser, app.url + states['no match'], plain())
    const lists = page.getByRole('navigation', { name: 'Deals' })
    expect(await lists.getByRole('link', { name: 'Mine' }).count()).toBe(0)
    await follow(page, () => lists.getByRole('link', { name: 'All open' }).click())
    expect(await page.locator('.pills').count()).toBe(0)
    expect(await lists.getByRole('link', { name: 'All open' }).getAttribute('aria-current')).toBe('page')
    await follow(page, () => lists.getByRole('link', { name: 'Closing this quarter' }).click())
    expect(await page.getByRole('link', { name: 'Remove Closing this quarter' }).count()).toBe(1)
    await close()
  })

  test('a list of slow deals equals the marks of the whole list', async () => {
    const slow = await seedHarbour('slow', { deals: 0 })
    const { seed } = app
    const [stage, next] = (
      await seed.client.query<{ id: string }>(
        'select id from stages where tenant_id = $1 order by position limit 2',
        [slow.tenantId],
      )
    ).rows.map(({ id }) => id)
    const email = (
      await seed.client.query<{ email: string }>(
        `select email from auth.users where email = 'ana@example.com'`,
      )
    ).rows[0]?.email
    await seed.client.query(`update owners set email = $2 where tenant_id = $1 and name = 'Ana Ruiz'`, [
      slow.tenantId,
      email,
    ])
    // Six deals stood ten days in the stage and went on; of those that stand there now, two came more than fifteen days ago.
    for (let n = 0; n < 10; n += 1) {
      const hasLeft = n < 6
      const id = await seed.record('opportunities', slow.connection, {
        title: `Deal ${n}`,
        status: 'open',
        stage_id: hasLeft ? next : stage,
        amount_minor: 100,
        currency: 'USD',
        changed_at: minutesAgo(hasLeft ? 20 * day : n * 2.1 * day),
        source_created_at: minutesAgo(30 * day),
      })
      if (hasLeft)
        await seed.insert('opportunity_versions', {
          tenant_id: slow.tenantId,
          opportunity_id: id,
          valid_from: minutesAgo(30 * day),
          valid_to: minutesAgo(20 * day),
          run_id: id,
          snapshot_id: id,
          status: 'open',
          stage_id: stage,
        })
    }
    const { page, close } = await visit(browser, `${app.url}/w/slow/pipeline?view=table`, plain())
    const marked = page.locator('tbody[data-rows] tr', { hasText: ', slow' })
    const names = await marked.locator('th').allInnerTexts()
    expect(names.toSorted()).toEqual(['Deal 8', 'Deal 9'])
    await follow(page, () =>
      page.getByRole('navigation', { name: 'Deals' }).getByRole('link', { name: 'Slow in stage' }).click(),
    )
    expect((await page.locator('tbody[data-rows] th').allInnerTexts()).toSorted()).toEqual(names.toSorted())
    expect(await page.locator('main').innerText()).toContain('longer in a stage than 1.5 times its median')
    const file = await (await app.ana.get('/w/slow/export/pipeline?format=csv&pace=slow')).text()
    expect(file).toContain('"Rows","2"')
    expect(file).toContain('Slow in stage')
    await page.goto(`${app.url}/w/slow/pipeline?view=table`)
    await follow(page, () =>
      page.getByRole('navigation', { name: 'Deals' }).getByRole('link', { name: 'Mine' }).click(),
    )
    expect(await page.getByRole('link', { name: 'Remove Owner: Ana Ruiz' }).count()).toBe(1)
    await close()
  })
})
