import { inflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defused } from '../../../src/exports/csv.ts'
import { decimal } from '../../../src/exports/decimal.ts'
import { attachment } from '../../../src/exports/file-name.ts'
import { workbook } from '../../../src/exports/xlsx.ts'
import { startApp, type TestApp } from '../app.ts'
import { emptyWorkspace, seedLists, type Cast } from '../lists/world.ts'
import type { Connection } from '../seed.ts'
import type { Visitor } from '../visitor.ts'

let app: TestApp
let tidewell: Connection
let people: Cast
let viewer: Visitor

const formulas = [
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  '\n=1',
  ' =1',
  '＝1',
  '＋1',
  'a,"=1"',
  '"=1',
  "'=1",
  'line\r\nbreak;=1',
]

beforeAll(async () => {
  app = await startApp()
  tidewell = await emptyWorkspace(app.seed, 'tidewell', { name: 'Tidewell, "Car" Wash' })
  people = await seedLists(app.seed, tidewell)
  for (const formula of formulas)
    await app.seed.record('opportunities', tidewell, {
      status: 'open',
      stage_id: people.sent,
      title: formula,
      market: formula,
      weighted_fee_minor: -5,
      currency: 'USD',
    })
  await app.seed.record('opportunities', tidewell, {
    status: 'open',
    title: 'Big one',
    market: 'Boise',
    units: 2,
    stage_id: people.approved,
    owner_id: people.marcus,
    amount_minor: 100_005,
    probability: '0.3333',
    currency: 'USD',
    expected_close_on: '2026-12-24',
  })
  const lead = { contact_id: people.priya, owner_id: people.dana, stage_id: people.sent, is_prospect: true }
  // The second is of the last millisecond of the second of March in Chicago, the third of the first of the day after.
  await app.seed.record('leads', tidewell, {
    ...lead,
    name: 'Ann',
    source: 'Referral',
    source_created_at: '2026-03-01T06:00:00Z',
  })
  const stray = { is_prospect: false, name: '=cmd()', source: '' }
  await app.seed.record('leads', tidewell, { ...stray, source_created_at: '2026-03-03T05:59:59.999Z' })
  await app.seed.record('leads', tidewell, {
    ...lead,
    name: 'Bea',
    owner_id: null,
    source_created_at: '2026-03-03T06:00:00Z',
  })
  await app.seed.record('notes', tidewell, {
    body: 'Called',
    contact_id: people.priya,
    noted_at: '2026-03-01T09:10:00Z',
  })
  const kettle = await emptyWorkspace(app.seed, 'kettle')
  await seedLists(app.seed, kettle)
  await app.seed.record('leads', kettle, { is_prospect: true, source_created_at: new Date() })
  for (const table of ['leads', 'opportunities', 'notes', 'activities', 'owners', 'contacts', 'stages'])
    await app.seed.client.query(
      `update ${table} set ${{ leads: 'name', opportunities: 'title', notes: 'body', activities: 'subject', owners: 'name', contacts: 'last_name', stages: 'name' }[table]} = 'CANARY' where tenant_id = $1`,
      [kettle.tenantId],
    )
  viewer = await app.as('viewer', tidewell.tenantId)
})

afterAll(() => app.close())

/** Rows of a CSV, read as RFC 4180 says. */
function parse(csv: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain = '', end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}

/** The parts of a workbook by name: its directory is at the end of the file. */
function unzip(file: Buffer): Map<string, string> {
  const end = file.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'))
  const parts = new Map<string, string>()
  let at = file.readUInt32LE(end + 16)
  for (let left = file.readUInt16LE(end + 10); left > 0; left--) {
    const [size, name, extra, comment] = [
      file.readUInt32LE(at + 20),
      file.readUInt16LE(at + 28),
      file.readUInt16LE(at + 30),
      file.readUInt16LE(at + 32),
    ]
    const local = file.readUInt32LE(at + 42)
    const start = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28)
    const body = file.subarray(start, start + size)
    parts.set(
      file.toString('utf8', at + 46, at + 46 + name),
      (file.readUInt16LE(at + 10) === 8 ? inflateRawSync(body) : body).toString(),
    )
    at += 46 + name + extra + comment
  }
  return parts
}

const unescape = (xml: string) =>
  xml
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')

/** Cells of a sheet as `type:value`, row by row. */
function cells(parts: Map<string, string>, sheet: number): string[][] {
  const strings = [...(parts.get('xl/sharedStrings.xml') ?? '').matchAll(/<si>(.*?)<\/si>/gs)].map(
    ([, si = '']) => unescape([...si.matchAll(/<t[^>]*>(.*?)<\/t>/gs)].map(([, t]) => t).join('')),
  )
  return [...(parts.get(`xl/worksheets/sheet${sheet}.xml`) ?? '').matchAll(/<row[^>]*>(.*?)<\/row>/gs)].map(
    ([, row = '']) =>
      [...row.matchAll(/<c r="[A-Z]+\d+"([^>]*?)(?:\/>|>(.*?)<\/c>)/gs)].map(
        ([, attributes = '', inner = '']) => {
          const type = /t="(\w+)"/.exec(attributes)?.[1] ?? 'n'
          const value = /<(?:v|t)[^>]*>(.*?)<\/(?:v|t)>/s.exec(inner)?.[1] ?? ''
          expect(inner).not.toContain('<f>')
          return type === 's'
            ? `s:${strings[Number(value)]}`
            : type === 'inlineStr'
              ? `s:${unescape(value)}`
              : `${type}:${unescape(value)}`
        },
      ),
  )
}

const csvOf = async (path: string, visitor = app.ana) => {
  const answer = await visitor.get(`/w/tidewell/export/${path}`)
  expect(answer.status, path).toBe(200)
  return { answer, text: await answer.text() }
}
const xlsxOf = async (path: string) => {
  const answer = await app.ana.get(`/w/tidewell/export/${path}`)
  expect(answer.status, path).toBe(200)
  return { answer, parts: unzip(Buffer.from(await answer.arrayBuffer())) }
}

describe('CSV', () => {
  test('has the headings first, every row that matches, and what it stands on below', async () => {
    const { text } = await csvOf('hot-list?format=csv')
    const rows = parse(text.replace(/^\ufeff/, ''))
    expect(rows[0]?.slice(0, 7)).toEqual([
      'Candidate Name',
      'Market',
      'Units',
      'Weighted IFF',
      'Stage',
      'Likely %',
      'Currency',
    ])
    expect(rows[1]?.slice(0, 10)).toEqual([
      'Gareth Llewellyn',
      'Charlotte, NC',
      '4',
      '133380.50',
      'Approved',
      '90',
      'USD',
      'Dana Mercado',
      '2026-12-18',
      expect.stringMatching(/^\d{4}-.*Z$/),
    ])
    const stamp = new Map(
      rows.slice(rows.findIndex((row) => row[0] === 'Workspace')).map(([name, value]) => [name, value]),
    )
    const body = rows.slice(
      1,
      rows.findIndex((row) => row.length === 1 && row[0] === ''),
    )
    expect(stamp.get('Workspace')).toBe('Tidewell, "Car" Wash')
    expect(stamp.get('Rows')).toBe(String(body.length))
    expect(body).toHaveLength(4 + formulas.length)
    expect(stamp.get('Filters')).toBe('Likely 40% or more')
    expect(stamp.get('Opportunities of ClientTether as of')).toMatch(/\d{4}, \d+:\d\d:\d\d [AP]M C[SD]T$/)
    expect(stamp.get('Stages of ClientTether as of')).toBeDefined()
    expect(stamp.get('Made')).toBeDefined()
  })

  test('holds no cell that a spreadsheet takes for a formula', async () => {
    const { text } = await csvOf('hot-list?format=csv')
    const names = parse(text.slice(1)).map(([name = '']) => name)
    for (const formula of formulas) expect(names).toContain(defused(formula))
    for (const row of parse(text.slice(1)))
      for (const cell of row)
        if (!/^-\d+\.\d\d$/.test(cell)) expect(cell).not.toMatch(/^(\s*[=+\-@＝＋－＠]|[\t\r\n])/)
  })

  test('has the filters of its page', async () => {
    const { text } = await csvOf(`hot-list?format=csv&stage=FDD sent&owner=${people.marcus}`)
    const rows = parse(text.slice(1))
    expect(rows[1]?.[0]).toBe('Toronto')
    expect(rows[2]).toEqual([''])
    const notes = await csvOf('notes?format=csv&q="item 19"')
    expect(parse(notes.text.slice(1))[1]?.[3]).toMatch(
      /^Spoke 20 min\. Wants Item 19 for Round Rock & the lease\.\nPartner/,
    )
    expect(notes.text).toContain('"Search: ""item 19"""')
    const schedule = await csvOf('schedule?format=csv&kind=video')
    expect(parse(schedule.text.slice(1))[1]?.slice(2, 5)).toEqual([
      'video',
      'Gareth Llewellyn',
      'In 3030 min',
    ])
  })

  test('says its filters as its page does: people and stages by their names, and one note as one', async () => {
    const filters = async (path: string) => {
      const { text } = await csvOf(path)
      return parse(text.slice(1)).find(([name]) => name === 'Filters')?.[1]
    }
    expect(await filters(`hot-list?format=csv&owner=${people.marcus}`)).toBe(
      'Likely 40% or more; Owner: Marcus Oyelaran',
    )
    expect(await filters(`schedule?format=csv&owner=${people.dana}`)).toBe('Owner: Dana Mercado')
    expect(await filters(`due?format=csv&owner=${people.dana}&stage=${people.sent}`)).toBe(
      'Owner: Dana Mercado; Stage: FDD sent',
    )
    expect(await filters(`hot-list?format=csv&owner=${tidewell.tenantId}`)).toBe(
      'Likely 40% or more; Owner: another',
    )
    const { rows } = await app.seed.client.query<{ id: string }>(
      'select id from notes where tenant_id = $1',
      [tidewell.tenantId],
    )
    expect(await filters(`notes?format=csv&note=${rows[0]?.id}`)).toBe('One note')
  })

  test('is packed for whoever takes it packed, and plain for others', async () => {
    const bare = await app.ana.get('/w/tidewell/export/notes?format=csv', { 'accept-encoding': 'identity' })
    expect(bare.headers.get('content-encoding')).toBeNull()
    const packed = await app.ana.get('/w/tidewell/export/notes?format=csv', { 'accept-encoding': 'gzip' })
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    const [one, other] = [await bare.text(), await packed.text()]
    const withoutClock = (text: string) => text.replace(/"Made".*/, '')
    expect(withoutClock(one)).toBe(withoutClock(other))
    expect(one.startsWith('\ufeff"Date"') || one.startsWith('"Date"')).toBe(true)
  })
})

describe('the file of the leads', () => {
  test('has the leads of the period and the filters of its page, in its order, with what was asked in words', async () => {
    const { text } = await csvOf('leads?format=csv&period=days&from=2026-03-01&to=2026-03-02&sort=name')
    const rows = parse(text)
    expect(rows.slice(0, 4)).toEqual([
      ['Name', 'Source', 'Status', 'Qualified', 'Created', 'First touch', 'Owner', 'Market', 'Id'],
      ["'=cmd()", '', '', 'no', '2026-03-03T05:59:59.999Z', '', '', '', expect.any(String)],
      [
        'Ann',
        'Referral',
        'FDD sent',
        'yes',
        '2026-03-01T06:00:00.000Z',
        '2026-03-01T09:10:00.000Z',
        'Dana Mercado',
        'Austin–Round Rock',
        expect.any(String),
      ],
      [''],
    ])
    expect(text).toContain('"Rows","2"')
    expect(text).toContain('"Filters","Created from Mar 1, 2026 to Mar 2, 2026"')
    expect(text).toContain('Leads of ClientTether as of')
    const filtered = await csvOf(`leads?format=csv&period=all&owner=${people.dana}&show=qualified`)
    expect(
      parse(filtered.text)
        .slice(1, 3)
        .map(([name]) => name),
    ).toEqual(['Ann', ''])
    expect(filtered.text).toContain('"Filters","Created of all time; Owner: Dana Mercado; Qualified"')
    const untouched = await csvOf('leads?format=csv&period=all&show=untouched')
    expect(parse(untouched.text)[1]?.[0]).toBe("'=cmd()")
    expect(untouched.text).toContain('"Rows","1"')
  })

  test('equals its page, row by row', async () => {
    for (const search of [
      'period=all',
      'period=all&sort=-name',
      'period=days&from=2026-03-02&to=2026-03-02',
    ]) {
      const page = await (await app.ana.get(`/w/tidewell/leads?${search}`)).text()
      const ids = [...page.matchAll(/<tr id="l([^"]+)"/g)].map(([, id]) => id)
      const { text } = await csvOf(`leads?format=csv&${search}`)
      const rows = parse(text).slice(1)
      expect(
        rows.slice(0, ids.length).map((row) => row.at(-1)),
        search,
      ).toEqual(ids)
      expect(text).toContain(`"Rows","${ids.length}"`)
    }
  })
})

describe('the file of the pipeline', () => {
  test('has the deals of the currency that its page shows, by themselves and weighted to the cent', async () => {
    const { text } = await csvOf('pipeline?format=csv&sort=-value')
    const rows = parse(text)
    expect(rows[0]).toEqual([
      'Candidate',
      'Market',
      'Units',
      'Value',
      'Likely %',
      'Weighted',
      'Currency',
      'Stage',
      'Status',
      'Days in stage',
      'Days are',
      'Slow',
      'Close date',
      'Close date pushed',
      'Next action',
      'Next action at',
      'Last touch',
      'Owner',
      'Id',
    ])
    expect(rows[1]?.slice(0, -1)).toEqual([
      'Big one',
      'Boise',
      '2',
      '1000.05',
      '33.33',
      '333.32',
      'USD',
      'Approved',
      'open',
      '0',
      'at least',
      '',
      '2026-12-24',
      '0',
      '',
      '',
      '',
      'Marcus Oyelaran',
    ])
    expect(rows.slice(1).every((row) => row.length < 16 || row[6] === 'USD')).toBe(true)
    expect(text).toContain('"Filters","Currency: USD"')
    const canadian = await csvOf('pipeline?format=csv&currency=CAD')
    expect(parse(canadian.text)[1]?.[0]).toBe('Toronto')
    expect(canadian.text).toContain('"Rows","1"')
  })

  test.each(['', 'status=all', 'status=won', 'q=Charlotte', 'change=new', 'missing=amount', 'stage=-'])(
    'equals its page with %j, row by row',
    async (search) => {
      const page = await (await app.ana.get(`/w/tidewell/pipeline?view=table&${search}`)).text()
      const ids = [...page.matchAll(/<tr id="d([^"]+)"/g)].map(([, id]) => id)
      const { text } = await csvOf(`pipeline?format=csv&${search}`)
      expect(text).toContain(`"Rows","${ids.length}"`)
      const rows = parse(text).slice(1)
      expect(rows.slice(0, ids.length).map((row) => row.at(-1))).toEqual(ids)
    },
  )

  test('says with what a row of the changes was compared', async () => {
    const { text } = await csvOf('pipeline?format=csv&change=new&since=30d')
    expect(text).toMatch(/"Filters","Currency: USD; Changed: New; Compared with 30 days ago"/)
  })

  test('is a workbook with typed cells', async () => {
    const { parts } = await xlsxOf('pipeline?format=xlsx&sort=-value')
    expect(cells(parts, 1)[1]?.slice(0, 8)).toEqual([
      's:Big one',
      's:Boise',
      'n:2',
      'n:1000.05',
      'n:0.3333',
      'n:333.32',
      's:USD',
      's:Approved',
    ])
    expect(cells(parts, 2).map(([name]) => name)).toContain('s:Opportunities of ClientTether as of')
  })
})

describe('XLSX', () => {
  test('has typed cells, the same rows as the CSV, and a sheet about itself', async () => {
    const { parts } = await xlsxOf('hot-list?format=xlsx')
    const [table, about] = [cells(parts, 1), cells(parts, 2)]
    expect(table[1]?.slice(0, 8)).toEqual([
      's:Gareth Llewellyn',
      's:Charlotte, NC',
      'n:4',
      'n:133380.5',
      's:Approved',
      'n:0.9',
      's:USD',
      's:Dana Mercado',
    ])
    expect(table[1]?.[8]).toBe(`n:${Date.UTC(2026, 11, 18) / 86_400_000 + 25_569}`)
    expect(table).toHaveLength(1 + 4 + formulas.length)
    expect(about[0]).toEqual(['s:Workspace', 's:Tidewell, "Car" Wash'])
    expect(about.map(([name]) => name)).toContain('s:Opportunities of ClientTether as of')
  })

  test('keeps what looks like a formula as text', async () => {
    const { parts } = await xlsxOf('hot-list?format=xlsx')
    const names = cells(parts, 1).map(([name]) => name)
    for (const formula of formulas)
      expect(names.map((name) => name?.replaceAll(/\r\n?/g, '\n'))).toContain(
        `s:${formula.replaceAll(/\r\n?/g, '\n')}`,
      )
  })

  test('shows the clock of the workspace', async () => {
    const { parts } = await xlsxOf('schedule?format=xlsx&kind=video')
    const { rows } = await app.seed.client.query<{ serial: string }>(
      `select extract(epoch from (due_at at time zone 'America/Chicago')) / 86400 + 25569 as serial from activities where kind = 'video' and tenant_id = $1`,
      [tidewell.tenantId],
    )
    expect(Number(cells(parts, 1)[1]?.[0]?.slice(2))).toBeCloseTo(Number(rows[0]?.serial), 7)
  })
})

describe('an export', () => {
  test('leaves a line in the audit log with its table, its count and its filters', async () => {
    await csvOf('notes?format=csv&author=Dana Mercado')
    const { rows } = await app.seed.client.query<{ target: string; actor: string; after: object }>(
      `select target, actor, after from audit_log where tenant_id = $1 and deed = 'exported' order by id desc limit 1`,
      [tidewell.tenantId],
    )
    expect(rows).toEqual([
      {
        target: 'notes',
        actor: 'ana@example.com',
        after: { format: 'csv', rows: 2, filters: ['Author: Dana Mercado'] },
      },
    ])
  })

  test('is named by the server alone', async () => {
    const { answer } = await csvOf('hot-list?format=csv&market=x%0d%0aset-cookie:%20a=b')
    expect(answer.headers.get('content-disposition')).toMatch(
      /^attachment; filename="tidewell-hot-list-\d{4}-\d\d-\d\d\.csv"$/,
    )
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(() => attachment('a"\r\nx: y')).toThrow('not a plain file name')
  })

  test('is refused to whoever may not, and where there is no such table or form', async () => {
    expect((await viewer.get('/w/tidewell/export/notes?format=csv')).status).toBe(403)
    expect((await app.ana.get('/w/tidewell/export/connection_secrets?format=csv')).status).toBe(404)
    expect((await app.ana.get('/w/tidewell/export/__proto__')).status).toBe(404)
    expect((await app.ana.get('/w/tidewell/export/notes?format=exe')).status).toBe(400)
    await app.seed.connection(await app.seed.tenant('never'))
    const nothing = await app.ana.get('/w/never/export/notes')
    expect(nothing.status).toBe(409)
    const page = await nothing.text()
    for (const words of ['Nothing to export yet', 'Answer 409', 'href="/w/never/sync"'])
      expect(page).toContain(words)
  })

  test.each(['due', 'leads', 'pipeline', 'hot-list', 'notes', 'schedule'])(
    'of the %s holds nothing of another workspace',
    async (table) => {
      expect((await csvOf(`${table}?format=csv`)).text).not.toContain('CANARY')
      const { parts } = await xlsxOf(`${table}?format=xlsx`)
      expect([...parts.values()].join('')).not.toContain('CANARY')
      const theirs = await (await app.ana.get(`/w/kettle/export/${table}?format=csv`)).text()
      expect(theirs).toContain('CANARY')
    },
  )

  test('takes every row, however many there are', async () => {
    const many = await emptyWorkspace(app.seed, 'many')
    await app.seed.client.query(
      `insert into notes (tenant_id, connection_id, id, source_id, content_hash, snapshot_id, changed_at, noted_at, body)
       select $1, $2, gen_random_uuid(), n::text, '\\x00', $1, now(), now() - make_interval(mins => n), 'note ' || n from generate_series(1, 2500) n`,
      [many.tenantId, many.id],
    )
    const text = await (await app.ana.get('/w/many/export/notes?format=csv')).text()
    const bodies = new Set(parse(text).map((row) => row[3]))
    for (let n = 1; n <= 2_500; n++) expect(bodies.has(`note ${n}`)).toBe(true)
    expect(text).toContain('"Rows","2500"')
  })
})

test.each([
  [0n, 'USD', '0.00'],
  [5n, 'USD', '0.05'],
  [-5n, 'USD', '-0.05'],
  [9_007_199_254_740_993n, 'EUR', '90071992547409.93'],
  [12n, 'JPY', '12'],
  [1_234n, 'KWD', '1.234'],
])('%s minor units of %s are %s', (amount, currency, text) => {
  expect(decimal(amount, currency)).toBe(text)
})

test.each([
  ['JPY', '#,##0'],
  ['USD', '#,##0.00'],
  ['KWD', '#,##0.000'],
])('a workbook shows an amount of %s as %s', async (currency, format) => {
  const row = [{ type: 'money' as const, value: 1_234n, currency }]
  const file = await workbook({ sheet: 'x', headings: ['x'], rows: [row], stamp: [], timeZone: 'UTC' })
  const styles = unzip(file).get('xl/styles.xml') ?? ''
  expect([...styles.matchAll(/formatCode="([^"]+)"/g)].map(([, code]) => code)).toEqual([format])
})

describe('the calendar', () => {
  const lines = (text: string) => text.replaceAll('\r\n ', '').split('\r\n')

  test('holds what lies ahead of the signed-in person, or of everybody', async () => {
    const dana = await app.as('rep', tidewell.tenantId)
    await app.seed.client.query('update owners set email = $1 where id = $2', [
      dana.email.toUpperCase(),
      people.dana,
    ])
    const own = await dana.get('/w/tidewell/calendar')
    expect(own.headers.get('content-type')).toBe('text/calendar; charset=utf-8')
    expect(own.headers.get('content-disposition')).toMatch(
      /^attachment; filename="tidewell-calendar-[\d-]+\.ics"$/,
    )
    const summaries = (text: string) => lines(text).filter((line) => line.startsWith('SUMMARY'))
    expect(summaries(await own.text())).toEqual([
      'SUMMARY:In 3000 min\\, Gareth Llewellyn',
      'SUMMARY:In 3030 min\\, Gareth Llewellyn',
    ])
    const said = lines(await (await dana.get('/w/tidewell/calendar')).text()).find((line) =>
      line.startsWith('X-WR-CALDESC'),
    )
    expect(said).toMatch(/Rows: 2\\n/)
    expect(said).toContain(`Filters: Owner: ${dana.email}`)
    expect(said).toMatch(/activities of ClientTether as of: \w+/i)
    expect(said).not.toContain('Left out')
    // Those of others are an export, which is not a rep's.
    expect((await dana.get('/w/tidewell/calendar?owner=all')).status).toBe(403)
    const all = await (await app.ana.get('/w/tidewell/calendar?owner=all')).text()
    expect(summaries(all)).toHaveLength(3)
    expect(await (await app.ana.get('/w/tidewell/calendar')).text()).not.toContain('SUMMARY')
    expect(all).not.toContain('CANARY')
  })

  test('says from when on it leaves something out', async () => {
    const full = await emptyWorkspace(app.seed, 'full')
    await app.seed.client.query(
      `insert into activities (tenant_id, id, connection_id, source_id, kind, is_done, due_at, changed_at, snapshot_id, content_hash)
       select $1, gen_random_uuid(), $2, n::text, 'call', false, now() + n * interval '1 hour', now(), gen_random_uuid(), ''
       from generate_series(1, 2001) as n`,
      [full.tenantId, full.id],
    )
    const text = await (await app.ana.get('/w/full/calendar?owner=all')).text()
    expect(lines(text).filter((line) => line === 'BEGIN:VEVENT')).toHaveLength(2_000)
    expect(lines(text).find((line) => line.startsWith('X-WR-CALDESC'))).toMatch(
      /Rows: 2000\\n.*Left out: what lies after \w{3}/,
    )
  })

  test('is right on the days on which the clocks change, and holds no line that a record wrote', async () => {
    const summer = await emptyWorkspace(app.seed, 'summer', { time_zone: 'America/New_York' })
    const year = new Date().getUTCFullYear() + 1
    for (const due_at of [`${year}-11-07T05:30:00Z`, `${year}-11-07T06:30:00Z`])
      await app.seed.record('activities', summer, {
        kind: 'call',
        is_done: false,
        subject: 'Evil\r\nATTENDEE:mailto:x@evil.test\nEND:VEVENT',
        details: 'a\r\nBEGIN:VALARM; , \\',
        due_at,
      })
    const text = await (await app.ana.get('/w/summer/calendar?owner=all')).text()
    expect(lines(text).filter((line) => line.startsWith('DTSTART'))).toEqual([
      `DTSTART:${year}1107T053000Z`,
      `DTSTART:${year}1107T063000Z`,
    ])
    expect(lines(text).filter((line) => /^(ATTENDEE|BEGIN:VALARM)/.test(line))).toEqual([])
    expect(lines(text).filter((line) => line === 'END:VEVENT')).toHaveLength(2)
    for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
    const page = await (await app.ana.get('/w/summer/schedule')).text()
    expect(
      [...page.matchAll(/<time datetime="([^"]+)"[^>]*>\s*([^<]*?)\s*<\/time>/g)].map(([, at, clock]) => [
        at,
        clock,
      ]),
    ).toEqual(
      expect.arrayContaining([
        [`${year}-11-07T05:30:00.000Z`, '1:30 AM'],
        [`${year}-11-07T06:30:00.000Z`, '1:30 AM'],
      ]),
    )
  })
})

describe('the further fields of deals, under the names that the workspace gave them', () => {
  const territory = '<b>=Territory</b>'
  const fields = { custom: { [territory]: 'code__c', Market: 'area__c' } }

  beforeAll(async () => {
    const { client } = app.seed
    await client.query(`update connections set settings = $1`, [{ fields }])
    await client.query(
      `update opportunities set contact_id = $2, source_created_at = now(),
         custom = jsonb_build_object($3::text, '=2+3 <i>'::text, 'Market', json_build_array('North', 7), 'unmapped', 'UNMAPPED')
       where tenant_id = $1 and title = 'Big one'`,
      [tidewell.tenantId, people.priya, territory],
    )
    await client.query(
      `update opportunities set custom = jsonb_build_object($2::text, 'CANARY', 'unmapped', 'CANARY') where tenant_id <> $1`,
      [tidewell.tenantId, territory],
    )
  })

  test.each(['pipeline', 'leads'])(
    'end the rows of %s as text, defused and of this workspace alone',
    async (table) => {
      const { text } = await csvOf(`${table}?format=csv&status=all&period=all`)
      const [headings = [], ...rows] = parse(text.replace(/^\ufeff/, ''))
      expect(headings.slice(-3)).toEqual(['Id', territory, 'Market (CRM field)'])
      expect(rows.map((row) => row.slice(headings.length - 2))).toContainEqual(["'=2+3 <i>", 'North, 7'])
      expect(text).not.toMatch(/CANARY|UNMAPPED/)
      const { parts } = await xlsxOf(`${table}?format=xlsx&status=all&period=all`)
      const all = cells(parts, 1).flat()
      expect(all).toEqual(expect.arrayContaining([`s:${territory}`, 's:=2+3 <i>', 's:North, 7']))
      expect(all.join()).not.toMatch(/CANARY|UNMAPPED/)
    },
  )

  test('stand on the page of the deal, escaped, and a deal of another workspace has none here', async () => {
    const { rows } = await app.seed.client.query<{ id: string; is_ours: boolean }>(
      `select id, tenant_id = $1 as is_ours from opportunities where title in ('Big one', 'CANARY') order by is_ours`,
      [tidewell.tenantId],
    )
    const pageOf = (isOurs: boolean) =>
      viewer.get(`/w/tidewell/pipeline/${rows.find(({ is_ours: ours }) => ours === isOurs)?.id}`)
    const page = await (await pageOf(true)).text()
    expect(page).toMatch(/<dt>&lt;b&gt;=Territory&lt;\/b&gt;<\/dt>\s*<dd>=2\+3 &lt;i&gt;<\/dd>/)
    expect(page).toMatch(/<dt>Market<\/dt>\s*<dd>North, 7<\/dd>/)
    expect(page).not.toMatch(/CANARY|UNMAPPED/)
    const strange = await pageOf(false)
    expect([strange.status, (await strange.text()).includes('CANARY')]).toEqual([404, false])
  })
})
