import type { Config } from './config.ts'
import type { Database, Tx } from './db.ts'
import { consentApps } from './schema/connections.ts'

/** As much of an app as a page needs to send somebody to the CRM's consent screen. */
export type PublishedApp = { connector: string; clientId: string; address: string | null }

/** An app of the installation at a CRM. The secret is the worker's alone. */
export type ConsentApp = PublishedApp & { clientSecret: string }

/** The variables that an app is made of. */
type AppVariable = `${'HUBSPOT' | 'PIPEDRIVE' | 'SALESFORCE'}_APP_${'CLIENT_ID' | 'CLIENT_SECRET' | 'URL'}`
export type AppConfig = Partial<Pick<Config, AppVariable>>

/** The apps that are configured, by the name of the connector that they let in; none by default. */
export function appsOf(config: AppConfig): ReadonlyMap<string, ConsentApp> {
  const offered = [
    {
      connector: 'hubspot-oauth',
      clientId: config.HUBSPOT_APP_CLIENT_ID,
      clientSecret: config.HUBSPOT_APP_CLIENT_SECRET,
      address: config.HUBSPOT_APP_URL ?? null,
    },
    {
      connector: 'pipedrive-app',
      clientId: config.PIPEDRIVE_APP_CLIENT_ID,
      clientSecret: config.PIPEDRIVE_APP_CLIENT_SECRET,
      address: config.PIPEDRIVE_APP_URL ?? null,
    },
    {
      connector: 'salesforce-app',
      clientId: config.SALESFORCE_APP_CLIENT_ID,
      clientSecret: config.SALESFORCE_APP_CLIENT_SECRET,
      address: config.SALESFORCE_APP_URL ?? null,
    },
  ]
  const configured = offered.filter(
    (app): app is ConsentApp => app.clientId !== undefined && app.clientSecret !== undefined,
  )
  return new Map(configured.map((app) => [app.connector, app]))
}

/** Publishes the apps of a worker that starts, in place of those that were published before. */
export async function publishApps(database: Database, apps: ReadonlyMap<string, ConsentApp>): Promise<void> {
  const list = [...apps.values()]
  await database.outsideTenants.query(
    `with gone as (delete from consent_apps where connector <> all($1::text[]))
     insert into consent_apps (connector, client_id, address) select * from unnest($1::text[], $2::text[], $3::text[])
     on conflict (connector) do update set client_id = excluded.client_id, address = excluded.address`,
    [list.map((app) => app.connector), list.map((app) => app.clientId), list.map((app) => app.address)],
  )
}

/** The apps with which people connect by consent, by connector. */
export async function readApps(tx: Tx): Promise<ReadonlyMap<string, PublishedApp>> {
  const apps = await tx.select().from(consentApps)
  return new Map(apps.map((app) => [app.connector, app]))
}
