import { registerHooks } from 'node:module'
import pino from 'pino'
import { plants, sow, type Plant } from './plants.ts'

/** What the harness tells a worker once it may begin. */
export type Order = { databaseUrl: string; secret: string; times: Times; plant: string | null }
type Times = { leaseSeconds: number; beatSeconds: number; silenceSeconds: number }

// The real worker in a process of its own, loaded ahead of time and begun on command. Its mistakes, if it shall have any,
// are sown into the text of its files as they are loaded.
const plant = plants.find(({ name }) => name === process.argv[2])
const unsown = new Set(plant?.engine?.map(({ file }) => file))
if (plant !== undefined) plantInto(plant)
const { startWorker } = await import('../../worker/main.ts')
const { connectors } = await import('../../worker/connectors/registry.ts')
const { quayside } = await import('./quayside/connector.ts')
if (unsown.size > 0) throw new Error(`nothing was planted in ${[...unsown].join(', ')}`)

process.once('disconnect', () => process.exit(0))
process.once('message', (order: Order) => void begin(order))
process.send?.('ready')

async function begin({ databaseUrl, secret, times }: Order): Promise<void> {
  const crm = quayside(plant?.reading)
  const worker = await startWorker({
    config: {
      DATABASE_URL: databaseUrl,
      TIDEMARK_SECRET: secret,
      SYNC_CRON: '* * * * * *',
      SYNC_CONCURRENCY: 2,
      TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: true,
    },
    log: pino({ level: 'info' }, pino.destination({ dest: 2, sync: true })),
    times,
    retryWaitsMs: [10, 20, 40],
    connectors: new Map([...(await connectors.all()), [crm.name, crm]]),
  })
  process.once('SIGTERM', () => void worker.stop().then(() => process.exit(0)))
}

function plantInto(mistake: Plant): void {
  registerHooks({
    load: (url, context, next) => {
      const loaded = next(url, context)
      const file = [...unsown].find((name) => url.endsWith(`/${name}`))
      if (file === undefined || loaded.source === undefined || loaded.source === null) return loaded
      const text =
        typeof loaded.source === 'string'
          ? loaded.source
          : Buffer.from(loaded.source as Uint8Array).toString()
      unsown.delete(file)
      return { ...loaded, source: sow(text, url, mistake) }
    },
  })
}
