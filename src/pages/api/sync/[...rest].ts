import type { APIRoute } from 'astro'

/** The addresses of the founding documents, without a version. */
export const ALL: APIRoute = ({ url, redirect }) =>
  redirect(`${url.pathname.replace('/api/', '/api/v1/')}${url.search}`, 308)
