import { createServer } from 'node:http'
import pg from 'pg'

// What the machine can do at best: node:http and pg, the same rows, nobody asked who they are.

const [url = '', tenantId = '', dates = 'parsed'] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: url, max: 10 })
const types = dates === 'parsed' ? undefined : { getTypeParser: () => (value: string) => value }
const text = `
  select o.id, o.title as name, o.amount_minor, o.currency, s.name as stage, o.next_action_at, o.next_action_details, o.version
  from opportunities o left join stages s on s.tenant_id = o.tenant_id and s.id = o.stage_id
  where o.tenant_id = $1 and o.next_action_at is not null and o.next_action_at <= now()
  order by o.next_action_at, o.id limit 51`

const server = createServer((_req, res) => {
  pool.query({ name: 'due', text, values: [tenantId], ...(types && { types }) }).then(
    ({ rows }) =>
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: rows })),
    (error: unknown) => res.writeHead(500).end(String(error)),
  )
})
server.listen(0, '127.0.0.1', () =>
  process.send?.({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}` }),
)
process.on('message', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  process.send?.({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 })
})
process.on('disconnect', () => process.exit())
