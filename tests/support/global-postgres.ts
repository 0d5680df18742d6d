import type { TestProject } from 'vitest/node'
import { startEmbedded } from '../../drizzle/embedded.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the superuser on the one Postgres of this test run. */
    postgresUrl: string
  }
}

/** Starts the one Postgres of a test run; the returned function stops and removes it. */
export default async function startPostgres(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startEmbedded({ fresh: true })
  project.provide('postgresUrl', postgres.url)
  return postgres.stop
}
