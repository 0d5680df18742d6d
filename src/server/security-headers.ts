import type { Config } from '../../drizzle/config.ts'

/** What a page may load. Scripts and styles are files of our own; nothing inline, nothing from elsewhere. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Headers of every answer. The policy here is for files, programs and plain words; a page brings its own. */
export const plainHeaders: readonly (readonly [string, string])[] = [
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'same-origin'],
  ['permissions-policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  // Pages show customers' data: no copy of them stays in a shared or browser cache.
  ['cache-control', 'no-store'],
]

/** Behind TLS browsers are told to come back by TLS only, for two years. */
export function strictTransport({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>): [string, string][] {
  return PUBLIC_URL?.startsWith('https:')
    ? [['strict-transport-security', 'max-age=63072000; includeSubDomains']]
    : []
}
