import type { Database } from '../../drizzle/db.ts'
import { listOperators } from '../../src/identity/agency.ts'
import { listPeople } from '../../src/identity/people.ts'
import type { Identity } from '../../src/identity/start.ts'
import { listAccess } from '../../src/queries/access.ts'

const mostNamed = 100

/** A row per person: address, name, where they belong, and whether a code is asked of them. */
export async function listUsers(
  identity: Pick<Identity, 'database'>,
  database: Database,
): Promise<string[][]> {
  const [people, operators] = await Promise.all([listPeople(identity), listOperators(identity)])
  const rows: string[][] = []
  for (const { id, email, name, hasSecondFactor } of people) {
    const own = (await listAccess(database, id, mostNamed)).filter(({ role }) => role !== 'operator')
    const agency = operators.get(id)
    const places = [
      ...(agency === undefined ? [] : [`operator of ${agency}`]),
      ...own.map(({ role, workspace }) => `${role} of ${workspace.slug}`),
    ]
    rows.push([email, name, places.join(', ') || 'nowhere', hasSecondFactor ? 'codes on' : 'codes off'])
  }
  return rows
}
