import { startIdentity } from '../identity/start.ts'
import { createLimits } from './limits.ts'
import { startLive } from './live.ts'
import type { WebParts } from './main.ts'
import { createTokens } from './tokens.ts'

/** What answers need besides the database, once the pages' own address is known. */
export type Services = Pick<App.Locals, 'identity' | 'limits' | 'tokens' | 'live'>

/** Starts them. Streams are ended before the server stops, because a server waits for its answers. */
export async function startServices(
  parts: WebParts,
  publicUrl: string,
): Promise<{ services: Services; endStreams: () => Promise<void>; closeServices: () => Promise<void> }> {
  const tokens = await createTokens({ secret: parts.secret, publicUrl })
  const identity = await startIdentity({ ...parts, publicUrl })
  const limits = createLimits(identity.database, parts.requestsPerMinute)
  const live = startLive(parts.database, parts.log)
  return {
    services: { identity, limits, tokens, live },
    endStreams: live.close,
    closeServices: identity.close,
  }
}
