import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SimulatedAccount } from './account.ts'
import { API_PATH } from './clienttether-door.ts'
import { Clock, type ClockOption } from './clock.ts'
import { Faults } from './faults.ts'
import { Ledger } from './ledger.ts'
import type { AccountOptions } from './options.ts'
import { makeServer } from './server.ts'

export type { SimulatedAccount } from './account.ts'
export type { FaultName } from './fault-names.ts'
export type { FaultRule } from './fault-rule.ts'
export type { Faults } from './faults.ts'
export type { Ledger, LedgerEntry } from './ledger.ts'
export type { AccountOptions } from './options.ts'
export type { WebhookFault, WebhookOptions } from './webhook-options.ts'
export type { Truth, TruthActivity, TruthDeal, TruthNote, TruthPerson, TruthStage } from './truth.ts'

/** `port` 0 (default) takes a free one; `host` is 127.0.0.1 unless said otherwise; the clock is manual by default. */
export type SimulatorOptions = {
  port?: number
  host?: string
  accounts: AccountOptions[]
  clock?: ClockOption
}

/** A running simulator. `url` has no path; `baseUrl` is that of ClientTether and ends in `/v2/api/`. */
export type Simulator = {
  url: string
  baseUrl: string
  port: number
  /** Throws for a web key that was not among the options. */
  account(webKey: string): SimulatedAccount
  faults: Faults
  ledger: Ledger
  /** Moves the clock forward; the worlds follow when they are next looked at. */
  advance(ms: number): void
  close(): Promise<void>
}

/** Where a manual clock starts when no account says: a Friday morning in New York. */
const DEFAULT_START = new Date('2026-11-20T15:00:00Z')

/** Starts the stand-in and resolves when it listens and every account's list pages are ready. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const clock = makeClock(options)
  const accounts = new Map<string, SimulatedAccount>()
  const rotateToken = (from: string, to: string) => {
    for (const account of accounts.values()) if (account.accessToken === from) account.setAccessToken(to)
  }
  for (const account of options.accounts) {
    accounts.set(account.webKey, new SimulatedAccount(account, clock, { rotateToken }))
  }
  const faults = new Faults(clock)
  const ledger = new Ledger()
  const server = makeServer({ clock, accounts, faults, ledger })
  const host = options.host ?? '127.0.0.1'
  server.listen(options.port ?? 0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://${host}:${port}`
  return {
    url,
    baseUrl: `${url}${API_PATH}`,
    port,
    account: (webKey) => {
      const account = accounts.get(webKey)
      if (!account) throw new Error(`no account with web key ${webKey}`)
      return account
    },
    faults,
    ledger,
    advance: (ms) => clock.advance(ms),
    close: async () => {
      await Promise.all([...accounts.values()].map((account) => account.close()))
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** A manual clock starts when the last account does, so that all of them have their start behind them. */
function makeClock({ clock = 'manual', accounts }: SimulatorOptions): Clock {
  if (clock !== 'manual') return new Clock(clock.startAt, clock.speed)
  const starts = accounts.flatMap(({ startAt }) => (startAt ? [startAt.getTime()] : []))
  return new Clock(starts.length > 0 ? new Date(Math.max(...starts)) : DEFAULT_START, 0)
}
