import { Pool } from 'undici'
import { tellCost } from './tell-cost.ts'

// The machine's own limit: the same pages, fetched and parsed one after the other, kept nowhere.
const [baseUrl = ''] = process.argv.slice(2)
const { origin, pathname } = new URL(baseUrl)
const pool = new Pool(origin, { connections: 1 })
const headers = { 'x-access-token': 'bench-token', 'x-web-key': 'CT_bench' }
const startedMs = performance.now()
let records = 0
for (const operation of ['read_client_list', 'read_opportunity_list']) {
  for (let offset = 0, total = 1; offset < total; offset += 100) {
    const { body } = await pool.request({
      method: 'GET',
      path: `${pathname}${operation}?limit=100&offset=${offset}`,
      headers,
    })
    const page = JSON.parse(await body.text()) as { TotalRecord: number; data: unknown[] }
    total = page.TotalRecord
    records += page.data.length
  }
}
const seconds = (performance.now() - startedMs) / 1_000
await pool.close()
tellCost({ status: 'fetched', records, seconds })
