import type { LeadSource, Owner } from './facts.ts'
import { firstNames, lastNames } from './names.ts'
import { Random } from './random.ts'

/** Five sales people of the company. */
export function makeOwners(seed: number): Owner[] {
  return Array.from({ length: 5 }, (_, i) => {
    const random = new Random(seed, 'owner', i)
    const firstName = random.pick(firstNames)
    const lastName = random.pick(lastNames)
    const email = `${firstName}.${lastName}`.toLowerCase().replaceAll(/[^a-z.]/g, '') + '@example.org'
    return { id: 300 + (seed % 97) * 10 + i, firstName, lastName, email }
  })
}

const sourceNames = [
  'Franchise Gator',
  'Franchise Direct',
  'Company Website',
  'Broker - FranNet',
  'Broker - IFPG',
  'Google Ads',
  'Facebook Ads',
  'Owner Referral',
  'LinkedIn',
  'Trade Show',
]

/** Where leads come from. */
export function makeLeadSources(seed: number): LeadSource[] {
  return sourceNames.map((name, i) => ({ id: 500 + (seed % 97) * 20 + i, name }))
}

/** Names of the follow-up plans a lead can be on; their ids count from 1. */
export const actionPlans = ['New Lead Drip', 'Broker Fast Track', 'FDD Follow-up', 'Discovery Day Prep']
