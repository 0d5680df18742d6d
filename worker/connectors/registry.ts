import type { AnyConnector } from './connector.ts'

/** One line each. A CRM's files are loaded when they are first asked for: a command that copies one account reads no other's. */
const crms: Record<string, () => Promise<AnyConnector>> = {
  clienttether: async () => (await import('./clienttether.ts')).clientTether,
  hubspot: async () => (await import('./hubspot.ts')).hubSpot,
  'hubspot-oauth': async () => (await import('./hubspot.ts')).hubSpotOAuth,
  pipedrive: async () => (await import('./pipedrive.ts')).pipedrive,
  'pipedrive-app': async () => (await import('./pipedrive.ts')).pipedriveApp,
  salesforce: async () => (await import('./salesforce.ts')).salesforce,
  'salesforce-app': async () => (await import('./salesforce.ts')).salesforceApp,
}

/** The CRMs we can copy, by name. */
export const connectors = {
  names: Object.keys(crms),
  get: async (name: string): Promise<AnyConnector | undefined> =>
    Object.hasOwn(crms, name) ? crms[name]?.() : undefined,
  all: async (): Promise<ReadonlyMap<string, AnyConnector>> =>
    new Map(
      await Promise.all(Object.entries(crms).map(async ([name, load]) => [name, await load()] as const)),
    ),
}
