import type { SimulatedAccount } from './account.ts'
import type { Clock } from './clock.ts'
import type { Faults } from './faults.ts'
import type { Ledger } from './ledger.ts'

/** What every request needs. */
export type House = {
  clock: Clock
  accounts: ReadonlyMap<string, SimulatedAccount>
  faults: Faults
  ledger: Ledger
}
