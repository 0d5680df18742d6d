import { readConfig } from '../../drizzle/config.ts'
import { keptSecrets } from '../secret.ts'

/**
 * The secrets that there are by now, for a worker that was started with others: those of files named in the environment, which may
 * have been replaced, and those that `secrets rotate` keeps in the data directory.
 */
export async function rereadSecrets(environment: Record<string, string | undefined>): Promise<string[]> {
  const { TIDEMARK_SECRET, TIDEMARK_OLD_SECRETS = [], TIDEMARK_DATA_DIR } = readConfig(environment)
  const given = TIDEMARK_SECRET === undefined ? [] : [TIDEMARK_SECRET]
  return [...given, ...TIDEMARK_OLD_SECRETS, ...(await keptSecrets(TIDEMARK_DATA_DIR))]
}
