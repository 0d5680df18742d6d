import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The secrets that a worker of the tree is started with. Kept ones are given as files, so that a worker that is started again,
 * and one that runs on, follow `secrets rotate`; given ones are handed on as they are.
 */
export function secretsOfWorker(dataDir: string, secret: string): Record<string, string> {
  const { TIDEMARK_SECRET, TIDEMARK_SECRET_FILE, TIDEMARK_OLD_SECRETS, TIDEMARK_OLD_SECRETS_FILE } =
    process.env
  const former = { TIDEMARK_OLD_SECRETS, TIDEMARK_OLD_SECRETS_FILE }
  if (TIDEMARK_SECRET_FILE) return given({ TIDEMARK_SECRET_FILE, ...former })
  if (TIDEMARK_SECRET) return given({ TIDEMARK_SECRET: secret, ...former })
  const kept = join(dataDir, 'secret.old')
  return {
    TIDEMARK_SECRET_FILE: join(dataDir, 'secret'),
    ...(existsSync(kept) ? { TIDEMARK_OLD_SECRETS_FILE: kept } : {}),
  }
}

function given(variables: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((pair): pair is [string, string] => Boolean(pair[1])),
  )
}
