/// <reference types="astro/client" />

declare namespace App {
  /** What src/server/main.ts and src/middleware.ts put beside every request. */
  interface Locals {
    database: import('../drizzle/db.ts').Database
    config: import('../drizzle/config.ts').Config
    log: import('pino').Logger
    metrics: import('./server/metrics.ts').Metrics
    requestId: string
    /** When the request arrived, by this process's clock. Ages of data are measured by the database's. */
    now: Date
    /** The pattern of the route that answers, for logs and metrics. */
    route?: string
    /** What a 404 page is missing: `workspace`, `run`. */
    missing?: string
    /** The workspace of `/w/{workspace}/…`. */
    workspace: import('./queries/workspaces.ts').Workspace
    /** Where its sync stands, read before anything else on the page. */
    status: import('./queries/sync-status.ts').SyncStatus
    /** Runs `work` over the rows of this workspace only. */
    asTenant: <T>(work: (tx: import('../drizzle/db.ts').Tx) => Promise<T>) => Promise<T>
  }
}
