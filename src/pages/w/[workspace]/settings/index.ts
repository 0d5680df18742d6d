import type { APIRoute } from 'astro'

/** The settings begin with what everybody has: their own sign-in. */
export const GET: APIRoute = ({ locals, redirect }) =>
  redirect(`/w/${locals.workspace.slug}/settings/security`, 303)
