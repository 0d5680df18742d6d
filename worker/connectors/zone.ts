import { z } from 'zod'

/** A setting that names a time zone. */
export const zone = z.string().refine((name) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}, 'must be an IANA zone such as America/New_York')
