import pg from 'pg'
import { startEmbedded } from '../../drizzle/embedded.ts'
import { migrate } from '../../drizzle/migrate.ts'
import { demoFolder, runDemo, type Demo } from './demo.ts'
import { endLater } from './ending.ts'
import { stopClock } from './stopped-clock.ts'

export type SameData = {
  /** Who is signed in, and where; its program is over. */
  demo: Demo
  /** Its data directory. */
  folder: string
  /** To both databases it is this moment. */
  stoppedAt: Date
  /** One as an earlier checkout left it, and a copy with the migrations of this work tree. */
  databaseUrls: { before: string; now: string }
}

/** Lets the program of a checkout copy its invented clients once, for two programs to show; gone at the end. */
export async function fillOnce(checkout: string): Promise<SameData> {
  const { folder } = await demoFolder()
  const demo = await runDemo(checkout, folder)
  await demo.stop()
  const { url: now, stop } = await startEmbedded({ dataDir: folder })
  endLater(stop)
  const before = await copyOf(now)
  await migrate(now)
  const stoppedAt = new Date()
  await Promise.all([before, now].map((url) => stopClock(url, stoppedAt)))
  return { demo, folder, stoppedAt, databaseUrls: { before, now } }
}

/** The address of a second database with everything that the first one has. */
async function copyOf(databaseUrl: string): Promise<string> {
  const [elsewhere, copy] = [new URL(databaseUrl), new URL(databaseUrl)]
  elsewhere.pathname = '/postgres'
  copy.pathname = '/before'
  const client = new pg.Client({ connectionString: elsewhere.href })
  await client.connect()
  try {
    await client.query(
      `create database before template ${client.escapeIdentifier(new URL(databaseUrl).pathname.slice(1))}`,
    )
  } finally {
    await client.end()
  }
  return copy.href
}
