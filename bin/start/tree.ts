import type { Database } from '../../drizzle/db.ts'
import { migrate } from '../../drizzle/migrate.ts'
import { relativeTime } from '../../src/domain/relative-time.ts'
import type { ListedConnection } from '../../src/queries/connection-list.ts'
import type { Installation } from '../installation.ts'
import { print } from '../print.ts'
import { readStatus } from '../status/read.ts'
import { openIdentity } from '../user/identity.ts'
import { buryDeadRuns } from './bury.ts'
import { supervise, type Child } from './child.ts'
import { appsOfDemo, appVariables } from './demo-apps.ts'
import { ensureDemoClients } from './demo-clients.ts'
import { ensureDemoPeople } from './demo-cast.ts'
import { giveDemoPast } from './demo-past.ts'
import { giveDemoSteps } from './demo-steps.ts'
import { keepWorld, keptWorld, type DemoWorld } from './demo-world.ts'
import { tellFirstRuns } from './first-runs.ts'
import { buildPages } from './pages.ts'
import { choosePort, isFree } from './port.ts'
import { secretsOfWorker } from './worker-secrets.ts'

type Parts = {
  installation: Installation
  secret: string
  webSecret: string
  stopping: AbortSignal
  children: Child[]
}

/** Starts everything around the database, and stops it again when `stopping` is aborted or something cannot start. */
export async function startTree(
  installation: Installation,
  options: { changesPerDay?: number },
  stopping: AbortSignal,
): Promise<void> {
  const startedAt = new Date()
  const [secret, webSecret] = await Promise.all([installation.secret(), installation.webSecret()])
  const parts: Parts = { installation, secret, webSecret, stopping, children: [] }
  const asked = new Promise<void>((done) => stopping.addEventListener('abort', () => done()))
  let stopTelling: (() => Promise<void>) | undefined
  try {
    const up = bringUp(parts, options)
    // A wish to stop is heard at every moment of the start; what was begun by then is stopped below.
    up.catch(() => undefined)
    const tree = await Promise.race([up, asked])
    if (!tree || stopping.aborted) return
    await welcome(tree, installation.config.STALE_AFTER_MINUTES)
    const past = await installation.connect('tidemark_worker')
    const first = async (connection: ListedConnection) => {
      await giveDemoPast(past, connection, tree.worldStartedAt)
      await giveDemoSteps(tree.database, connection)
    }
    stopTelling = await tellFirstRuns(tree.database, tree.connections, startedAt, first, print)
    await asked
  } finally {
    if (stopping.aborted) print('Stopping …')
    await stopTelling?.()
    await Promise.all(parts.children.map((child) => child.stop()))
  }
}

async function bringUp(parts: Parts, { changesPerDay }: { changesPerDay?: number }) {
  const { installation, secret, webSecret, stopping } = parts
  const { config } = installation
  const built = buildPages(print, stopping)
  // Its failure is awaited further down; until then nobody hears it.
  built.catch(() => undefined)
  const port = await choosePort(config, Boolean(process.env['PORT']))
  if (port.taken !== null)
    print(`Port ${port.taken} is taken by another program; the pages are on port ${port.port}.`)
  const world = await keptWorld(config.TIDEMARK_DATA_DIR, changesPerDay)
  const simulator = startSimulator(parts, world)
  await migrate(config.DATABASE_URL)
  const database = await installation.connect('tidemark_web')
  const crms = await simulator
  const [connections] = await Promise.all([
    ensureDemoClients(database, secret, crms),
    installation.isEmbedded ? buryDeadRuns(installation) : undefined,
  ])
  await makePeople(installation, database)
  await begin(
    parts,
    'worker',
    () => ['worker'],
    () => ({
      ...secretsOfWorker(config.TIDEMARK_DATA_DIR, secret),
      ...appsOfDemo(crms, process.env),
    }),
  )
  await built
  let pagesPort = port.port
  const address = await begin(
    parts,
    'web',
    () => ['web'],
    () => ({ PORT: String(pagesPort), TIDEMARK_WEB_SECRET: webSecret }),
  )
  // After a crash the pages come back where they were, also when the system had chosen the port.
  pagesPort = Number(new URL(address).port)
  return { address, connections, database, worldStartedAt: new Date(world.startedAt) }
}

async function makePeople(installation: Installation, database: Database): Promise<void> {
  const identity = await openIdentity(installation)
  try {
    await ensureDemoPeople(installation.config, identity, database)
  } finally {
    await identity.close()
  }
}

/** Starts the stand-in where it answered before, if that is still free, and keeps where it answers now. */
async function startSimulator(parts: Parts, world: DemoWorld): Promise<string> {
  const dataDir = parts.installation.config.TIDEMARK_DATA_DIR
  let port = (await isFree('127.0.0.1', world.port)) ? world.port : 0
  const pace = world.changesPerDay === undefined ? [] : ['--changes-per-day', String(world.changesPerDay)]
  const args = () => ['simulator', '--port', String(port), '--started-at', world.startedAt, ...pace]
  const baseUrl = await begin(parts, 'simulator', args)
  port = Number(new URL(baseUrl).port)
  if (port !== world.port) await keepWorld(dataDir, { ...world, port })
  return baseUrl
}

function begin(
  { installation, children, stopping }: Parts,
  name: string,
  args: () => string[],
  own: () => Record<string, string | undefined> = () => ({}),
): Promise<string> {
  stopping.throwIfAborted()
  const env = () => ({
    ...process.env,
    // Nobody who looks on wants every request; what goes wrong is said in any case.
    LOG_LEVEL: process.env['LOG_LEVEL'] || 'warn',
    DATABASE_URL: installation.config.DATABASE_URL,
    DATABASE_URL_FILE: undefined,
    // Each program gets its own secret, and no other's: the web can seal a credential and never open one.
    TIDEMARK_SECRET: undefined,
    TIDEMARK_SECRET_FILE: undefined,
    TIDEMARK_OLD_SECRETS: undefined,
    TIDEMARK_OLD_SECRETS_FILE: undefined,
    TIDEMARK_WEB_SECRET: undefined,
    TIDEMARK_WEB_SECRET_FILE: undefined,
    ...Object.fromEntries(appVariables.map((variable) => [variable, undefined])),
    TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: 'true',
    ...own(),
  })
  const child = supervise({ name, args, env, say: print })
  children.push(child)
  return child.ready
}

type Tree = Awaited<ReturnType<typeof bringUp>>

async function welcome({ address, database }: Tree, staleAfterMinutes: number): Promise<void> {
  const standings = await readStatus(database, staleAfterMinutes)
  print(`\nTidemark is running. Open ${address}/sign-in and click on a person.\n`)
  for (const { tenantName, tenant, freshAt, nextDueAt, now } of standings) {
    const age = freshAt === null ? 'its first copy is on the way' : `as of ${relativeTime(freshAt, now)}`
    const next = nextDueAt > now ? `, next copy ${relativeTime(nextDueAt, now)}` : ''
    print(`  ${tenantName.padEnd(26)} ${address}/w/${tenant.padEnd(26)} ${age}${next}`)
  }
  print('\nPress Ctrl-C to stop.\n')
}
