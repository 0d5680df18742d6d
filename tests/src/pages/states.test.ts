import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp, type TestApp } from '../app.ts'
import { emptyWorkspace } from '../lists/world.ts'
import { minutesAgo, seedTidewell } from '../seed.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})

afterAll(() => app.close())

const read = async (path: string) =>
  (await (await app.ana.get(path)).text()).replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ')

test('a list of what no connected CRM offers says that, and does not wait for a sync', async () => {
  const { connection, runId } = await seedTidewell(app.seed, { slug: 'without', name: 'Without Notes' })
  const { tenantId, id } = connection
  await app.seed.client.query(`delete from stream_cursors where connection_id = $1 and stream = 'notes'`, [
    id,
  ])
  await app.seed.client.query(
    `update sync_run_streams set status = 'not_synced' where tenant_id = $1 and run_id = $2 and stream = 'notes'`,
    [tenantId, runId],
  )
  const page = await read('/w/without/notes')
  expect(page).toContain('No connected CRM offers what this list is made of.')
  expect(page).not.toContain('Not synced yet')
})

test('a list that waits for a paused connection says so, and nothing of drafts', async () => {
  const connection = await app.seed.connection(await app.seed.tenant('paused'), { state: 'paused' })
  await app.seed.connection(connection.tenantId, { name: 'Draft CRM', state: 'draft' })
  const page = await read('/w/paused/hot-list')
  expect(page).toContain('No run over ClientTether has brought all that this list needs.')
  expect(page).toContain('Sync of ClientTether is paused.')
  expect(page).not.toContain('Draft CRM')
})

test('where nothing has arrived, nothing is done, and the due actions say what is still to come', async () => {
  await app.seed.connection(await app.seed.tenant('new'))
  const page = await read('/w/new/due')
  expect(page).toContain('No actions yet')
  expect(page).not.toContain('All done!')
  expect(page).toContain('The opportunities of ClientTether have not arrived completely')
})

test('figures are as old as the oldest of what they stand on, and amber alone', async () => {
  const { connection } = await seedTidewell(app.seed, { slug: 'late', name: 'Late Notes' })
  const grow = (stream: string, minutes: number) =>
    app.seed.client.query(
      `update stream_cursors set fresh_at = $2 where connection_id = $1 and stream = $3`,
      [connection.id, minutesAgo(minutes), stream],
    )
  await grow('notes', 300)
  const page = await (await app.ana.get('/w/late/leads')).text()
  const [leads = ''] = /<dl class="sheet kpis">.*?<\/dl>/s.exec(page) ?? []
  const tiles = [...leads.matchAll(/<div( data-stale[^>]*)?>\s*<dt>(?:<a[^>]*>)?([^<]*)/g)]
  expect(tiles.map(([, stale, label]) => [label?.trim(), stale !== undefined])).toEqual([
    ['Leads', false],
    ['Qualified', false],
    ['Sources', false],
    ['First touch, median', true],
  ])
  await grow('opportunities', 240)
  expect(await (await app.ana.get('/w/late/due')).text()).toMatch(/class="small as-of" data-stale/)
})

test('a hot list without any fee leads an admin, and nobody else, to where the CRM keeps it', async () => {
  const connection = await emptyWorkspace(app.seed, 'feeless')
  const candidate = { status: 'open', title: 'Priya Raghunathan', probability: '0.9' }
  const id = await app.seed.record('opportunities', connection, candidate)
  const hint = 'Choose where the CRM keeps it'
  expect(await read('/w/feeless/hot-list')).toContain(hint)
  const rep = await app.as('rep', connection.tenantId)
  const theirs = await (await rep.get('/w/feeless/hot-list')).text()
  expect(theirs).toContain('Priya Raghunathan')
  expect(theirs).not.toContain(hint)
  await app.seed.client.query('update opportunities set weighted_fee_minor = 100 where id = $1', [id])
  expect(await read('/w/feeless/hot-list')).not.toContain(hint)
})
