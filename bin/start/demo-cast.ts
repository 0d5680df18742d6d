import { randomBytes } from 'node:crypto'
import type { Config } from '../../drizzle/config.ts'
import type { Database } from '../../drizzle/db.ts'
import { memberRoles } from '../../drizzle/schema/access.ts'
import { demoAccounts } from '../../simulator/demo.ts'
import { addMember } from '../../src/commands/add-member.ts'
import { slugOf } from '../../src/commands/add-tenant.ts'
import { commandLine } from '../../src/commands/record-deed.ts'
import { addOperator, nameAgency } from '../../src/identity/agency.ts'
import type { DemoPerson } from '../../src/identity/demo-people.ts'
import { addPerson, findPerson } from '../../src/identity/people.ts'
import type { Identity } from '../../src/identity/start.ts'
import { findWorkspace } from '../../src/queries/workspaces.ts'
import { keepDemoPeople, keptDemoPeople } from './demo-people.ts'

const agencyName = 'Orchard Lane'
const everywhere = demoAccounts.map(({ name = '' }) => slugOf(name))
const oneOnly = everywhere.slice(1, 2)

/** One person per role, and one more, with what they may do. An operator belongs to the agency and to no workspace. */
const cast = [
  {
    name: 'Ana Ruiz',
    role: 'admin',
    in: everywhere,
    words: 'Admin: everything, also members and connections',
  },
  {
    name: 'Marcus Bell',
    role: 'manager',
    in: everywhere,
    words: 'Manager: reads all, asks for a sync, exports',
  },
  { name: 'Dana Whitfield', role: 'rep', in: everywhere, words: 'Rep: reads, and completes actions' },
  {
    name: 'Kofi Mensah',
    role: 'rep',
    in: oneOnly,
    words: 'Rep of one client alone: sees nothing of the others',
  },
  { name: 'Priya Nair', role: 'analyst', in: everywhere, words: 'Analyst: reads and exports' },
  { name: 'Tom Okafor', role: 'viewer', in: everywhere, words: 'Viewer: reads' },
  {
    name: 'Lena Fischer',
    role: 'operator',
    in: everywhere,
    words: `Operator of the agency ${agencyName}: every sync, and no deal`,
  },
] as const

type Place = Pick<Config, 'TIDEMARK_DATA_DIR'>

/**
 * Makes the people of the demo, unless they are there, with passwords that nobody but this data directory knows. Whoever was
 * removed by somebody who tried that out stays removed.
 */
export async function ensureDemoPeople(place: Place, identity: Identity, database: Database): Promise<void> {
  await nameAgency(identity, agencyName)
  for (const person of await demoPeople(place)) {
    const { id } = (await findPerson(identity, person.email)) ?? (await addPerson(identity, person))
    const part = cast.find(({ name }) => name === person.name)
    if (part?.role === 'operator') await addOperator(identity, id)
    const role = memberRoles.find((one) => one === part?.role)
    if (part === undefined || role === undefined) continue
    for (const slug of part.in) {
      const workspace = await findWorkspace(database, slug)
      if (workspace === undefined) throw new Error(`the client ${slug} of the demo was not made`)
      const { email } = person
      await database.asTenant(workspace.id, (tx) => addMember(tx, commandLine, { userId: id, email, role }))
    }
  }
}

/** Written before anybody is made: a start that is killed in between goes on with the same passwords. */
async function demoPeople(place: Place): Promise<DemoPerson[]> {
  const people = await keptDemoPeople(place)
  if (people.length > 0) return people
  const made = cast.map(({ name, words }) => ({
    name,
    email: `${name.toLowerCase().replace(' ', '.')}@orchardlane.example`,
    password: randomBytes(18).toString('base64url'),
    words,
  }))
  await keepDemoPeople(place, made)
  return made
}
