import type { FaultName, Simulator } from '../../simulator/main.ts'
import type { Random } from '../../simulator/random.ts'
import type { Client } from '../worker/arrange.ts'

/** What may go wrong with any CRM, on the way and at the door; none that tells another truth about a record. */
const ofAll: FaultName[] = [
  'rate-limited-bare',
  'rate-limited-huge',
  'server-error',
  'bad-gateway-html',
  'unavailable',
  'gateway-timeout',
  'login-page',
  'redirect',
  'no-content',
  'empty-body',
  'error-body',
  'hung-up',
  'cut-body',
  'reset-while-chunked',
  'truncated-gzip',
  'huge-headers',
  'invalid-json',
  'cut-json',
  'data-missing',
  'unauthorised-json',
  'forbidden',
]
const ofOne: Record<string, FaultName[]> = {
  clienttether: [
    'half-list-full-total',
    'total-too-high',
    'same-page-for-ever',
    'page-overlaps',
    'row-inserted',
    'row-removed',
    'empty-list',
  ],
  hubspot: [
    'hubspot-burst-limit',
    'hubspot-search-limit',
    'hubspot-daily-limit',
    'hubspot-moving',
    'hubspot-locked',
    'hubspot-too-slow',
    'hubspot-malformed-token',
    'hubspot-short-page',
    'hubspot-empty-page',
    'hubspot-paging-renamed',
    'hubspot-next-missing',
    'hubspot-nothing',
  ],
  pipedrive: [
    'pipedrive-cool-down',
    'pipedrive-scope-missing',
    'pipedrive-not-open',
    'pipedrive-paging-missing',
    'pipedrive-empty-page',
  ],
  salesforce: [
    'salesforce-daily-limit',
    'salesforce-concurrent-limit',
    'salesforce-query-timeout',
    'salesforce-locator-lost',
    'salesforce-no-api',
    'salesforce-maintenance',
    'salesforce-rows-missing',
  ],
}

/** The CRM of a client's account, by name. */
export const crmName = ({ account }: Client): string => account.options.crm ?? 'clienttether'

/**
 * What may go wrong with a client. A list of changes that comes empty is no fault that anybody could tell from a quiet hour, so it does not
 * where Pipedrive's lists are asked for what changed.
 */
export function faultsOf(client: Client, { wholeListUpTo }: Record<string, unknown>): FaultName[] {
  const names = [...ofAll, ...(ofOne[crmName(client)] ?? [])]
  return wholeListUpTo === 0 ? names.filter((name) => name !== 'pipedrive-empty-page') : names
}

/** These are people at work between two pages: what one list was too early to show, a later list of the same run may. */
const atWork: FaultName[] = ['row-inserted', 'row-removed']

/**
 * In one hour of five something goes wrong at one of the requests that this account is known to be asked. True when that may change what
 * the CRM shows while it is read.
 */
export function spoil(simulator: Simulator, client: Client, faults: FaultName[], random: Random): boolean {
  if (!random.chance(0.2)) return false
  const asked = simulator.ledger.counts().filter(({ account }) => account === client.account.webKey)
  const operations = asked.map(({ operation }) => operation)
  const fault = random.pick(faults)
  simulator.faults.add({
    fault,
    account: client.account.webKey,
    ...(operations.length > 0 && { operation: random.pick(operations) }),
    nth: random.between(1, 3),
    times: random.between(1, 8),
  })
  return atWork.includes(fault)
}

/** Somebody works in the CRM while it is read. */
export function meddle({ account }: Client, random: Random): void {
  const { people, deals } = account.truth()
  if (people.length === 0 || deals.length === 0) return
  const person = random.pick(people)
  const deal = random.pick(deals)
  const deeds = [
    () => account.editPerson(person.id, { phone: `212555${random.between(1_000, 9_999)}` }),
    () => account.editDeal(deal.id, { amountMinor: random.between(1, 90) * 100_000 }),
    () => account.addNote(person.id, `Called at ${random.int(24)} o'clock`),
    () => account.addDeal(person.id, { amountMinor: 12_500_00 }),
    () => account.addPerson({ firstName: 'Ines' }),
    () => account.removeDeal(deal.id),
    () => account.addActivity(person.id, { kind: 'appointment' }),
  ]
  random.pick(deeds)()
}
