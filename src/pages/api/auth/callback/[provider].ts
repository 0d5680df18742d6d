import type { APIRoute } from 'astro'
import { arriveFrom } from '../../../../identity/with-provider.ts'
import { keepKnownAs } from '../../../../server/known-as.ts'
import { safeNext } from '../../../../server/sign-in-first.ts'

/** Where a provider sends the browser back to: the one address of the sign-in library that is open. */
export const GET: APIRoute = async (context) => {
  const { locals, params, request, redirect } = context
  const { identity, setCookies } = locals
  const provider = params['provider'] ?? ''
  const arrival = await arriveFrom(identity, request, { provider, origin: locals })
  setCookies.push(...arrival.cookies)
  const there = new URL(arrival.location ?? '/w', identity.publicUrl)
  if (arrival.kind === 'signed_in') return redirect(safeNext(there.pathname + there.search), 303)
  if (arrival.kind === 'code_needed') {
    const next = safeNext(there.pathname + there.search)
    return redirect(`/sign-in/code?next=${encodeURIComponent(next)}`, 303)
  }
  if (arrival.email !== undefined && arrival.email !== '') keepKnownAs(context, arrival.email)
  const query = new URLSearchParams({
    error: there.searchParams.get('error') ?? 'unknown',
    with: provider,
    next: safeNext(there.searchParams.get('next')),
  })
  return redirect(`/sign-in?${query}`, 303)
}
