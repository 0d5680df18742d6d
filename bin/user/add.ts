import { z } from 'zod'
import type { Database } from '../../drizzle/db.ts'
import { memberRoles } from '../../drizzle/schema/access.ts'
import { addMember } from '../../src/commands/add-member.ts'
import { fieldsOf } from '../../src/commands/add-tenant.ts'
import { commandLine } from '../../src/commands/record-deed.ts'
import { addOperator, firstAgency } from '../../src/identity/agency.ts'
import { noteEvent } from '../../src/identity/events.ts'
import { hasPassword } from '../../src/identity/own-password.ts'
import { addPerson, findPerson, type Person } from '../../src/identity/people.ts'
import { firstPasswordLink } from '../../src/identity/reset.ts'
import type { Identity } from '../../src/identity/start.ts'
import { findWorkspace } from '../../src/queries/workspaces.ts'
import { Refusal } from '../exit.ts'
import { invalid } from '../form.ts'
import { print, warn } from '../print.ts'

export type Newcomer = {
  email: string
  name?: string | undefined
  tenant?: string | undefined
  role?: string | undefined
  operator?: boolean | undefined
}

const linkDays = 7

const form = z.object({
  email: z
    .string()
    .trim()
    .toLowerCase()
    .max(254)
    .check(z.email('must be an address such as ana@example.com')),
  name: z.string().trim().min(1, 'must not be empty').max(200).optional(),
  role: z.enum(memberRoles, `must be one of ${memberRoles.join(', ')}`).optional(),
})

/** Makes somebody known and gives them their places; prints what was done, and a link to whoever has no password yet. */
export async function addUser(identity: Identity, database: Database, given: Newcomer): Promise<void> {
  const parsed = form.safeParse(given)
  if (!parsed.success) throw invalid('person', fieldsOf(parsed.error))
  const { email, name, role } = parsed.data
  // Everything that can be refused is, before anybody is made.
  const workspace = given.tenant === undefined ? undefined : await findWorkspace(database, given.tenant)
  if (given.tenant !== undefined && workspace === undefined)
    throw new Refusal(`There is no client ${given.tenant}. See: npm run tidemark -- tenant list`)
  const person = (await findPerson(identity, email)) ?? (await make(identity, email, name))
  if (workspace !== undefined && role !== undefined) {
    const member = { userId: person.id, email, role, again: true }
    const outcome = await database.asTenant(workspace.id, (tx) => addMember(tx, commandLine, member))
    print(
      outcome === 'added'
        ? `${email} is ${role} of ${workspace.slug}.`
        : `${email} is a member of ${workspace.slug} already; their role stays as it is.`,
    )
  }
  if (given.operator) {
    if ((await addOperator(identity, person.id, { again: true })) === 'added')
      await noteEvent(identity.database, person.id, 'operator_added', {}, { by: commandLine.name })
    print(`${email} is an operator of ${(await firstAgency(identity)).name}.`)
  }
  if (!(await hasPassword(identity, person.id))) await invite(identity, person)
}

async function make(identity: Identity, email: string, name: string | undefined): Promise<Person> {
  if (name === undefined) throw invalid('person', { name: 'is needed for somebody new' })
  const person = await addPerson(identity, { email, name })
  await noteEvent(identity.database, person.id, 'user_added', {}, { by: commandLine.name })
  return person
}

async function invite(identity: Identity, { id, email }: Person): Promise<void> {
  const link = await firstPasswordLink(identity, id, linkDays)
  print(`They choose a password here, once, within ${linkDays} days:\n  ${link}`)
  if (!identity.sendsMail) return
  const letter = {
    to: email,
    subject: 'Choose your password for Tidemark',
    text: `You can sign in to Tidemark from now on. The link works once, for ${linkDays} days.`,
    link,
  }
  await identity.mail.send(letter).then(
    () => print('The link was mailed to them, too.'),
    (error: unknown) =>
      warn(`The link was not mailed: ${error instanceof Error ? error.message : 'unknown reason'}`),
  )
}
