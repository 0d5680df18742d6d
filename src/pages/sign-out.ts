import type { APIRoute } from 'astro'
import { signOut } from '../identity/sessions.ts'

/** Ends the session of this browser. Whoever has none is signed out already. */
export const POST: APIRoute = async ({ locals, request, redirect }) => {
  const { asker, identity, setCookies } = locals
  const by =
    asker?.road === 'session'
      ? { userId: asker.person.id, sessionId: asker.session.id, origin: locals }
      : undefined
  setCookies.push(...(await signOut(identity, request.headers, by)))
  return redirect('/sign-in?done=out', 303)
}
