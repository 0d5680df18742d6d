import { clientTether } from './clienttether.ts'
import type { AnyConnector } from './connector.ts'

/** The CRMs we can copy, by name. */
export const connectors: ReadonlyMap<string, AnyConnector> = new Map(
  [clientTether].map((connector) => [connector.name, connector]),
)
