import { describe } from 'vitest'
import { keepsThePromises } from './conformance.ts'
import { clientTether, hubSpot, pipedrive } from './subjects.ts'
import { salesforce } from './salesforce-subject.ts'

// A further CRM joins by its name in this list.
describe.each([clientTether, hubSpot, pipedrive, salesforce])('$crm', keepsThePromises)
