import type { SimulatedAccount } from './account.ts'
import { ClientTether } from './clienttether.ts'
import type { Clock } from './clock.ts'
import type { Dialect } from './door.ts'
import { HubSpot } from './hubspot.ts'
import { Salesforce } from './salesforce.ts'
import type { AccountOptions } from './options.ts'
import { Pipedrive } from './pipedrive.ts'
import type { World } from './world.ts'

/** The CRMs that the stand-in speaks. */
export const dialects: Record<
  NonNullable<AccountOptions['crm']>,
  (world: World, options: AccountOptions, clock: Clock) => Dialect
> = {
  clienttether: (world, options) => new ClientTether(world, options),
  hubspot: (world, options, clock) => new HubSpot(world, options, clock),
  salesforce: (world, options) => new Salesforce(world, options),
  pipedrive: (world, options, clock) => new Pipedrive(world, options, clock),
}

/** The wire of an account, at this instant, when it is of this CRM. Throws for any other. */
export function dialectOf<D extends Dialect>(
  account: SimulatedAccount,
  kind: new (...given: never[]) => D,
): D {
  const { dialect } = account
  if (!(dialect instanceof kind)) throw new Error(`${account.webKey} does not speak ${kind.name}`)
  return dialect
}
