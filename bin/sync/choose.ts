import type { ListedConnection } from '../../src/queries/connection-list.ts'
import { misuse, Refusal } from '../exit.ts'

export type Wanted = { tenant?: string | undefined; connection?: string | undefined }

/**
 * The connections that the options name: by tenant slug, and by name or id. A name that several tenants use needs its
 * tenant. Throws a `Refusal` that lists what there is.
 */
export function chooseConnections(all: readonly ListedConnection[], wanted: Wanted): ListedConnection[] {
  if (all.length === 0) {
    throw new Refusal('There is no connection yet. Add one with: npm run tidemark -- connection add --help')
  }
  const ofTenant = wanted.tenant === undefined ? all : all.filter(({ tenant }) => tenant === wanted.tenant)
  if (ofTenant.length === 0) {
    const slugs = [...new Set(all.map(({ tenant }) => tenant))]
    throw misuse(`No workspace "${wanted.tenant}" has a connection. There are: ${slugs.join(', ')}.`)
  }
  if (wanted.connection === undefined) return [...ofTenant]
  const named = ofTenant.filter(({ id, name }) => id === wanted.connection || name === wanted.connection)
  if (named.length === 0) {
    const names = ofTenant.map(({ tenant, name }) => `"${name}" of ${tenant}`)
    throw misuse(`There is no connection "${wanted.connection}". There are: ${names.join(', ')}.`)
  }
  return named
}

/** The one connection that is meant. Throws a `Refusal` when several tenants have one of that name. */
export function chooseOne(all: readonly ListedConnection[], wanted: Wanted): ListedConnection {
  const [one, ...others] = chooseConnections(all, wanted)
  if (one !== undefined && others.length === 0) return one
  const tenants = [one, ...others].flatMap((connection) => (connection ? [connection.tenant] : []))
  throw misuse(`Several workspaces have such a connection: say --tenant with one of ${tenants.join(', ')}.`)
}
