import { demoApps } from '../../simulator/demo.ts'

const names = Object.keys(demoApps).map((crm) => `${crm.toUpperCase()}_APP`)
const parts = ['CLIENT_ID', 'CLIENT_SECRET', 'CLIENT_SECRET_FILE', 'URL']

/** Every variable that an app is made of. They are for the worker, who alone exchanges consents. */
export const appVariables = names.flatMap((name) => parts.map((part) => `${name}_${part}`))

/**
 * What the demo's worker is told of apps: those that somebody has configured, and for every other CRM the one at the stand-ins,
 * whose address is given.
 */
export function appsOfDemo(
  address: string,
  environment: Record<string, string | undefined>,
): Record<string, string | undefined> {
  const given = Object.fromEntries(appVariables.map((variable) => [variable, environment[variable]]))
  for (const [crm, { clientId, clientSecret }] of Object.entries(demoApps)) {
    const name = `${crm.toUpperCase()}_APP`
    if (given[`${name}_CLIENT_ID`]) continue
    given[`${name}_CLIENT_ID`] = clientId
    given[`${name}_CLIENT_SECRET`] = clientSecret
    given[`${name}_URL`] = new URL(address).origin
  }
  return given
}
