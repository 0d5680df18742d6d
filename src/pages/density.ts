import type { APIRoute } from 'astro'
import { formOf } from '../server/form.ts'
import { safeNext } from '../server/sign-in-first.ts'

const aYear = 31_536_000

/** Keeps in this browser how close the rows of lists stand, and goes back to the page that asked. */
export const POST: APIRoute = async ({ cookies, locals, request, redirect }) => {
  const { density, back } = await formOf(request)
  cookies.set('tidemark.density', density === 'compact' ? density : '', {
    path: '/',
    sameSite: 'lax',
    httpOnly: true,
    secure: locals.config.PUBLIC_URL?.startsWith('https:') ?? false,
    maxAge: density === 'compact' ? aYear : 0,
  })
  return redirect(safeNext(back), 303)
}
