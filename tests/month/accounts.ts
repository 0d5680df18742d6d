import type { AccountOptions } from '../../simulator/main.ts'
import { Random } from '../../simulator/random.ts'
import { rosewood } from '../worker/arrange.ts'
import { harbour } from '../worker/pipedrive-client.ts'
import { larkspur } from '../worker/salesforce-client.ts'

const laurel: AccountOptions = {
  crm: 'hubspot',
  webKey: 'laurel',
  accessToken: 'CANARY-TOKEN-laurel',
  seed: 5,
  people: 60,
}

/** One small company in each CRM, at work all month; which, and how its CRM answers, depends on the seed. */
export function accountsOf(seed: number, startAt: Date): AccountOptions[] {
  const random = new Random(seed, 'accounts')
  return [rosewood, laurel, harbour, larkspur].map((account) => ({
    ...account,
    seed: random.int(90),
    people: random.between(25, 45),
    deals: random.between(20, 35),
    startAt,
    changesPerDay: random.between(25, 50),
    notesPerPerson: 1,
    gzip: random.chance(0.5),
    ...(account.crm === undefined && {
      order: random.pick(['oldestFirst', 'newestFirst'] as const),
      emptyList: random.pick(['CT515', 'emptyArray'] as const),
      errorStatus: random.pick(['always200', 'http'] as const),
    }),
  }))
}

/**
 * How a connection to one of them is set up: with pages that hold most of a list or a part of it, and in every other seed as if
 * Pipedrive's lists were long: they are then asked for what changed, and read whole once a day.
 */
export const settingsOf = (seed: number, { crm }: AccountOptions): Record<string, unknown> => ({
  pageSize: seed % 3 === 0 ? 15 : 50,
  ...(crm === 'pipedrive' && seed % 2 === 0 && { wholeListUpTo: 0 }),
})
