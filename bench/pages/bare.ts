import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'

// What is the least that a page of fifty rows out of this database can cost: one statement, one table, nothing else. As a
// superuser, so that no policy is asked either.
const [databaseUrl = ''] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 })
const fifty = {
  name: 'fifty',
  text: `select o.title, o.market, o.units, o.amount_minor, s.name from opportunities o join stages s on s.tenant_id = o.tenant_id and s.id = o.stage_id
    where o.status = 'open' and o.deleted_at is null order by o.id limit 50`,
}
const server = createServer((_request, response) => {
  pool.query<Record<string, unknown>>(fifty).then(
    ({ rows }) => {
      const lines = rows.map(
        (row) =>
          `<tr>${Object.values(row)
            .map((value) => `<td>${String(value)}</td>`)
            .join('')}</tr>`,
      )
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end(`<!doctype html><title>Bare</title><table>${lines.join('')}</table>`)
    },
    (error: unknown) => {
      response.statusCode = 500
      response.end(String(error))
    },
  )
})
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})
process.on('disconnect', () => process.exit(0))
