import { businesses, type BusinessName } from './businesses.ts'
import type { AccountOptions } from './options.ts'
import { World } from './world.ts'

/** The world of an account as it is at its start (seconds since 1970), with what its options leave open. */
export function worldOf(options: AccountOptions, startAt: number): World {
  return new World({
    seed: options.seed,
    business: businessOf(options),
    people: options.people,
    deals: options.deals ?? Math.floor(options.people * 0.8),
    startAt,
    historyDays: options.historyDays ?? 200,
    notesPerPerson: options.notesPerPerson ?? 3,
    notesTouchPeople: options.notesTouchPeople ?? true,
    mergesToThird: options.crm === 'hubspot',
  })
}

/** What the company calls itself: its own name, or the brand it sells. */
export function nameOf(options: AccountOptions): string {
  return options.name ?? businesses[businessOf(options)].brand
}

function businessOf({ business, seed }: AccountOptions): BusinessName {
  const names: BusinessName[] = ['home-care', 'coffee', 'painting']
  return business ?? names[Math.abs(seed) % names.length] ?? 'coffee'
}
