import { noteEvent, type Origin } from './events.ts'
import { orRefusal } from './refusal.ts'
import type { Identity } from './start.ts'

export type Departure =
  | { kind: 'go'; url: string; label: string; cookies: string[] }
  | { kind: 'unknown' }
  | { kind: 'unreachable'; label: string }

/** Begins a sign-in at a provider. `next` is a page of ours. */
export async function departTo(
  identity: Identity,
  { provider: id, next, headers }: { provider: string; next: string; headers: Headers },
): Promise<Departure> {
  const provider = identity.providers.find((one) => one.id === id)
  if (provider === undefined) return { kind: 'unknown' }
  const { label } = provider
  const back = new URLSearchParams({ next, with: id })
  const ask = () =>
    orRefusal(
      identity.auth().api.signInSocial({
        body: {
          provider: id,
          callbackURL: identity.publicUrl + next,
          errorCallbackURL: `${identity.publicUrl}/sign-in?${back}`,
          disableRedirect: true,
        },
        headers,
        returnHeaders: true,
      }),
    )
  let asked = await ask()
  if (asked.kind === 'refused' && asked.code === 'PROVIDER_NOT_FOUND') {
    // Nobody answered when the programs started, or the last time somebody asked.
    await identity.askProvidersAgain()
    asked = await ask()
  }
  if (asked.kind === 'refused' || asked.answer.response.url === undefined)
    return { kind: 'unreachable', label }
  const { headers: given, response } = asked.answer
  return { kind: 'go', url: response.url, label, cookies: given.getSetCookie() }
}

export type Arrival = {
  kind: 'signed_in' | 'code_needed' | 'refused'
  /** Where the library sends the browser, when it sends it anywhere. */
  location: string | null
  cookies: string[]
  /** Under which address the provider knows the person. */
  email: string | undefined
}

/** Hears the answer of a provider, which the browser brings along. */
export async function arriveFrom(
  identity: Identity,
  request: Request,
  { provider, origin }: { provider: string; origin: Origin },
): Promise<Arrival> {
  const { answer, email } = await identity.hearing.during(() =>
    identity.auth().handler(inPublic(request, identity.publicUrl)),
  )
  const cookies = answer.headers.getSetCookie()
  const location = answer.headers.get('location')
  // The library says so in the body of the very redirect that it would have sent.
  if (isChallenge(await answer.json().catch(() => undefined)))
    return { kind: 'code_needed', location, cookies, email }
  const userId = await ownerOf(identity, cookies)
  if (userId === undefined) return { kind: 'refused', location, cookies, email }
  await noteEvent(identity.database, userId, 'signed_in', origin, { with: provider })
  return { kind: 'signed_in', location, cookies, email }
}

/** The request under the address that people use: what stands in its Host header plays no part. */
function inPublic(request: Request, publicUrl: string): Request {
  const { pathname, search } = new URL(request.url)
  return new Request(publicUrl + pathname + search, { headers: request.headers })
}

function isChallenge(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'twoFactorRedirect' in body
}

/** Whose session these cookies begin. */
async function ownerOf(identity: Identity, cookies: readonly string[]): Promise<string | undefined> {
  const cookie = cookies.map((line) => line.split(';')[0]).join('; ')
  const found = await identity.auth().api.getSession({ headers: new Headers({ cookie }) })
  return found?.user.id
}
