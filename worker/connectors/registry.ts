import { clientTether } from './clienttether.ts'
import type { AnyConnector } from './connector.ts'
import { hubSpot, hubSpotOAuth } from './hubspot.ts'
import { pipedrive, pipedriveApp } from './pipedrive.ts'
import { salesforce, salesforceApp } from './salesforce.ts'

/** The CRMs we can copy, by name. */
export const connectors: ReadonlyMap<string, AnyConnector> = new Map(
  [clientTether, hubSpot, hubSpotOAuth, pipedrive, pipedriveApp, salesforce, salesforceApp].map(
    (connector) => [connector.name, connector],
  ),
)
