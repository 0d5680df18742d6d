import type { APIContext } from 'astro'
import type { Sight, Tx } from '../../drizzle/db.ts'
import { recordDeed } from '../commands/record-deed.ts'
import { noteEvent } from '../identity/events.ts'
import type { Access } from '../queries/access.ts'
import { readOwnOwners } from '../queries/due-now.ts'
import { readPosition } from '../queries/position.ts'
import { isWorkspaceName } from '../queries/workspaces.ts'
import { readSyncStatus } from '../queries/sync-status.ts'
import { readVersion } from '../queries/version.ts'
import { readWaitingFields } from '../queries/waiting-fields.ts'
import { may, wordsOf, type Deed } from './access.ts'
import { problem } from './answers.ts'
import { doors } from './doors.ts'
import { namedWorkspace, withChallenge } from './identify.ts'
import { renewSession } from './renew-session.ts'
import { signInFirst } from './sign-in-first.ts'
import type { Asker } from './who.ts'

/**
 * Lets a request in, or gives the answer that keeps it out: nobody without a name, nobody into a workspace that is not theirs,
 * nobody to a deed that is not their role's.
 */
export async function enter(context: APIContext): Promise<Response | undefined> {
  const { locals, routePattern } = context
  const { who = 'anyone' } = doors[routePattern] ?? {}
  if (who === 'anyone' || who === 'scraper' || who === 'crm') return undefined
  if (locals.asker === undefined) {
    if (!isApi(context)) return signInFirst(context)
    const message = 'Sign in, or send an API key: Authorization: Bearer <key>.'
    return withChallenge(problem(context, { status: 401, code: 'sign_in_first', message }))
  }
  locals.person = locals.asker.person
  await renewSession(context)
  if (who === 'person') return undefined

  const access = await accessOf(context, locals.asker)
  if (access instanceof Response) return access
  const { workspace, role } = access
  Object.assign(locals, { workspace, role, actor: actorOf(locals, locals.asker) })
  locals.log = locals.log.child({ tenant_id: workspace.id })
  const { database } = locals
  const enterAs = <T>(work: (tx: Tx) => Promise<T>, sight: Sight) =>
    role === 'operator'
      ? database.asWatcher(workspace.id, work, sight)
      : database.asTenant(workspace.id, work, sight)
  locals.asTenant = (work) => enterAs(work, 'latest')
  locals.atOneMoment = (work) => enterAs(work, 'one moment')
  if (!may(role, who)) return notAllowed(context, who)
  if (workspace.requiresSecondFactor && !locals.person.hasSecondFactor && who !== 'see_own_security')
    return enrolFirst(context)
  if (role === 'operator')
    await locals.asTenant((tx) =>
      recordDeed(tx, locals.actor, { deed: 'operator_looked', target: routePattern }),
    )
  if (!isApi(context)) await readForPages(locals)
  return undefined
}

/** What every page of a workspace stands on, in one way there and back. */
async function readForPages(locals: App.Locals): Promise<void> {
  const { person, role, replica } = locals
  const readsDeals = may(role, 'read_deals')
  const [version, status, ownOwners, waitingFields, position] = await locals.asTenant((tx) =>
    Promise.all([
      readVersion(tx, readsDeals),
      readSyncStatus(tx),
      readsDeals ? readOwnOwners(tx, person.email) : [],
      readsDeals ? readWaitingFields(tx) : [],
      // Last: it is after all that the page stands on.
      readsDeals && replica !== undefined ? readPosition(tx) : undefined,
    ]),
  )
  Object.assign(locals, { version, status, ownOwners, waitingFields, position })
}

const isApi = ({ url }: APIContext) => url.pathname.startsWith('/api/')

/** The workspace that is meant. A key opens its own; naming another is refused as one that does not exist. */
async function accessOf(context: APIContext, asker: Asker): Promise<Access | Response> {
  const { locals, params, request } = context
  const name = namedWorkspace(context)
  const [first, second] = asker.access
  // Whoever has one workspace need not name it.
  if (name === null && (first === undefined || second !== undefined)) {
    const message = 'Name the workspace: ?workspace=slug, or the header X-Tenant-ID.'
    const fields = { workspace: 'required' }
    return problem(context, { status: 400, code: 'validation_failed', message, fields })
  }
  const isMeant = name === null || name === first?.workspace.slug || name === first?.workspace.id
  const access = isMeant ? first : undefined
  // One spelling for pages: an address that names the id, or in capitals, is no page.
  const isOtherSpelling = params['workspace'] !== undefined && access?.workspace.slug !== name
  // A header beside an address must mean the same workspace.
  const header = request.headers.get('x-tenant-id')
  const isContradicted =
    header !== null && header !== access?.workspace.slug && header !== access?.workspace.id
  if (access !== undefined && !isOtherSpelling && !isContradicted) return access
  await noteEvent(locals.identity.database, asker.person.id, 'workspace_refused', locals, {
    workspace: name !== null && isWorkspaceName(name) ? name : 'malformed',
    route: context.routePattern,
  })
  locals.missing = 'workspace'
  return isApi(context)
    ? problem(context, { status: 404, code: 'not_found', message: 'There is no such workspace.' })
    : new Response(null, { status: 404 })
}

function actorOf({ address, requestId }: App.Locals, { person, road }: Asker): App.Locals['actor'] {
  return { userId: person.id, name: person.email, road, address, requestId }
}

async function notAllowed(context: APIContext, deed: Deed): Promise<Response> {
  const { role } = context.locals
  if (!isApi(context) && context.request.method === 'GET') return context.rewrite('/403')
  const message = `Your role (${role}) does not include: ${wordsOf(deed).toLowerCase()}.`
  return problem(context, { status: 403, code: 'role', message })
}

function enrolFirst(context: APIContext): Response {
  const { workspace } = context.locals
  if (isApi(context)) {
    const message = `${workspace.name} asks for a second factor. Set one up on its page for your own sign-in.`
    return problem(context, { status: 403, code: 'second_factor', message })
  }
  return context.redirect(`/w/${workspace.slug}/settings/security?enrol=1`, 303)
}
