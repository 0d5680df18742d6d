import { commandLine } from '../../src/commands/record-deed.ts'
import { findPerson } from '../../src/identity/people.ts'
import type { Identity } from '../../src/identity/start.ts'
import { turnOffFor } from '../../src/identity/turn-off.ts'
import { Refusal } from '../exit.ts'
import { print } from '../print.ts'

/** Turns codes off for the person of this address. */
export async function turnCodesOff(identity: Identity, email: string): Promise<void> {
  const person = await findPerson(identity, email)
  if (person === undefined)
    throw new Refusal(`Nobody has the address ${email}. See: npm run tidemark -- user list`)
  if (!person.hasSecondFactor) {
    print(`${person.email} has no codes.`)
    return
  }
  await turnOffFor(identity, person, commandLine.name)
  print(`Codes are off for ${person.email}, and every session of theirs has ended. They can set up new ones.`)
}
