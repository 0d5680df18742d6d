import { fullName, type Owner } from './facts.ts'
import { prefixes, salesforceId } from './salesforce-ids.ts'
import { kept, object, type ObjectType } from './salesforce-objects.ts'
import type { Org } from './salesforce-org.ts'
import { currencyDigits } from './currency-digits.ts'

type SalesforceUser = Owner & { userType: string; isActive: boolean }

/** Every org has users who are no people. */
const robots: SalesforceUser[] = [
  {
    id: 1,
    firstName: 'Automated',
    lastName: 'Process',
    email: 'noreply@example.com',
    userType: 'AutomatedProcess',
    isActive: true,
  },
  {
    id: 2,
    firstName: '',
    lastName: 'Platform Integration User',
    email: 'noreply@example.com',
    userType: 'CloudIntegrationUser',
    isActive: true,
  },
]

const beginning = ({ world }: Org): number => world.setting.startAt - world.setting.historySeconds

export const user: ObjectType = object<SalesforceUser>({
  name: 'User',
  keyPrefix: prefixes.User,
  follows: ['users'],
  isReplicateable: false,
  fields: [
    ['Username', 'string', ({ id, email }) => `${id}.${email}`],
    ['FirstName', 'string', ({ firstName }) => firstName || null],
    ['LastName', 'string', ({ lastName }) => lastName],
    ['Name', 'string', (of) => fullName(of)],
    ['Email', 'email', ({ email }) => email],
    ['IsActive', 'boolean', ({ isActive }) => isActive],
    ['UserType', 'picklist', ({ userType }) => userType],
    ['TimeZoneSidKey', 'picklist', () => 'America/New_York'],
  ],
  keep: (org) =>
    [...robots, ...org.world.setting.owners].map((of) => {
      const at = beginning(org)
      const person = { userType: 'Standard', ...of, isActive: !org.isFormer(of.id) }
      return kept(salesforceId('User', of.id), at, Math.max(at, org.movedAt('users', of.id)), person)
    }),
})

/** One queue that leads may wait in. */
export const group: ObjectType = object<{ name: string }>({
  name: 'Group',
  keyPrefix: prefixes.Group,
  follows: [],
  isReplicateable: false,
  fields: [
    ['Name', 'string', ({ name }) => name],
    ['Type', 'picklist', () => 'Queue'],
    ['Email', 'email', () => null],
  ],
  keep: (org) => [kept(salesforceId('Group', 1), beginning(org), beginning(org), { name: 'New enquiries' })],
})

export const organization: ObjectType = object<{ name: string }>({
  name: 'Organization',
  keyPrefix: prefixes.Organization,
  follows: [],
  isReplicateable: false,
  fields: [
    ['Name', 'string', ({ name }) => name],
    ['IsSandbox', 'boolean', () => false],
    ['TimeZoneSidKey', 'picklist', () => 'America/New_York'],
    ['DefaultLocaleSidKey', 'picklist', () => 'en_US'],
  ],
  keep: (org) => {
    const of = { name: org.world.setting.business.brand }
    return [kept(organizationId(org), beginning(org), beginning(org), of)]
  },
})

export const organizationId = (org: Org): string => salesforceId('Organization', org.world.setting.seed + 1)

/** Only multi-currency orgs have it. */
export const currencyType: ObjectType = object<{ code: string; at: number }>({
  name: 'CurrencyType',
  keyPrefix: prefixes.CurrencyType,
  follows: [],
  isReplicateable: false,
  fields: [
    ['IsoCode', 'picklist', ({ code }) => code],
    ['ConversionRate', 'double', () => 1],
    ['DecimalPlaces', 'int', ({ code }) => currencyDigits(code)],
    ['IsActive', 'boolean', () => true],
    ['IsCorporate', 'boolean', ({ at }) => at === 0],
  ],
  keep: (org) =>
    (org.options.currencies ?? []).map((code, at) =>
      kept(salesforceId('CurrencyType', at), beginning(org), beginning(org), { code, at }),
    ),
})
