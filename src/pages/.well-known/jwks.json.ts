import type { APIRoute } from 'astro'

/** RFC 7517: what others need to see that a token is ours. */
export const GET: APIRoute = ({ locals: { tokens } }) =>
  Response.json(tokens.keySet, {
    headers: { 'content-type': 'application/jwk-set+json', 'cache-control': 'public, max-age=300' },
  })
