import { clientTether } from './clienttether.ts'
import type { AnyConnector } from './connector.ts'
import { pipedrive, pipedriveApp } from './pipedrive.ts'

/** The CRMs we can copy, by name. */
export const connectors: ReadonlyMap<string, AnyConnector> = new Map(
  [clientTether, pipedrive, pipedriveApp].map((connector) => [connector.name, connector]),
)
