/// <reference types="astro/client" />

declare namespace App {
  /** What src/server/main.ts and src/middleware.ts put beside every request. */
  interface Locals {
    database: import('../drizzle/db.ts').Database
    identity: import('./identity/start.ts').Identity
    config: import('../drizzle/config.ts').Config
    log: import('pino').Logger
    metrics: import('./server/metrics.ts').Metrics
    live: import('./server/live.ts').Live
    limits: import('./server/limits.ts').Limits
    tokens: import('./server/tokens.ts').Tokens
    webhookKeys: import('./server/webhook-keys.ts').WebhookKeys
    intake: import('./server/webhook-intake.ts').WebhookIntake
    /** Where lists may be read instead of from the database. */
    replica: import('./server/replica.ts').Replica | undefined
    requestId: string
    /** Where the request came from. */
    address: string
    /** When the request arrived, by this process's clock. Ages of data are measured by the database's. */
    now: Date
    /** The CRMs there are, by name. */
    connectors: ReadonlyMap<string, import('./commands/add-connection.ts').ConnectorForm>
    /** People who may be tried out; there are some in the demo only. */
    demoPeople: readonly import('./identity/demo-people.ts').DemoPerson[]
    /** The pattern of the route that answers, for logs and metrics. */
    route?: string
    /** What a 404 page is missing: `workspace`, `run`. */
    missing?: string
    /** What a 409 page says stands in the way, and where to go on; without it, that somebody else was faster. */
    conflict?: { heading: string; words: string; href: string; word: string }
    /** Seconds after which a 429 page may be asked for again. */
    waitSeconds?: number
    /** Cookies that the answer carries, whatever answers. */
    setCookies: string[]
    /** Who sent this request; undefined for strangers. */
    asker: import('./server/who.ts').Asker | undefined
    /** The signed-in person, where the address is for such alone. */
    person: import('./identity/people.ts').Person
    /** The workspace of `/w/{workspace}/…`, or the one an API request names. */
    workspace: import('./queries/workspaces.ts').Workspace
    /** What the person is in it. */
    role: import('./server/access.ts').Role
    /** Who the audit log says did it. */
    actor: import('./commands/record-deed.ts').Actor
    /** Where its sync stands, read before anything else on the page. */
    status: import('./queries/sync-status.ts').SyncStatus
    /** What its pages stand on, read no later than what they show. */
    version: string
    /** Up to where the database was written when the page began; only where a replica may be asked. */
    position?: import('./queries/position.ts').Position
    /** The owners in the CRM that the person is, by their e-mail address; on pages, of those who may read records. */
    ownOwners: readonly string[]
    /** Connections whose fields are being read again; on pages, for those who may read records. */
    waitingFields: readonly import('./queries/waiting-fields.ts').WaitingFields[]
    /** Runs `work` over the rows of this workspace only; an operator's over its sync only. */
    asTenant: <T>(work: (tx: import('../drizzle/db.ts').Tx) => Promise<T>) => Promise<T>
    /** As `asTenant`, and all that `work` reads is of one moment: the figures of a page are those of its rows. */
    atOneMoment: <T>(work: (tx: import('../drizzle/db.ts').Tx) => Promise<T>) => Promise<T>
  }
}
