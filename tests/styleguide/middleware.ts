import { defineMiddleware } from 'astro:middleware'

/** What components find beside a request of the program. */
export const onRequest = defineMiddleware(({ locals }, next) => {
  const now = new Date('2026-11-20T14:16:00Z')
  Object.assign(locals, {
    now,
    config: { STALE_AFTER_MINUTES: 120 },
    workspace: { slug: 'tidewell', name: 'Tidewell Car Wash' },
  })
  return next()
})
