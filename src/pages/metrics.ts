import type { APIRoute } from 'astro'

/** For Prometheus. */
export const GET: APIRoute = async ({ locals: { metrics } }) =>
  new Response(await metrics.text(), { headers: { 'content-type': metrics.contentType } })
