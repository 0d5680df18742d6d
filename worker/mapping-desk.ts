import { applyMapping, waitingMappings, type MappingOptions } from './mappings.ts'

/** Versions looked at in one go. */
const mostSeen = 100

/** Where field mappings are carried out, one after the other and beside the runs. */
export type MappingDesk = {
  /** Takes what waits; called when somebody asks, and now and then. What could not be done then is taken at the next look. */
  look: () => void
  /** Resolves when nothing is being carried out any more; to be called after the worker was told to stop. */
  closed: () => Promise<void>
}

/** Opens the desk of one worker. Two workers do no harm: the lease on the connection lets one of them in. */
export function openMappingDesk(options: MappingOptions): MappingDesk {
  const { database, log, stopping } = options
  let looking: Promise<void> | undefined
  const lookOnce = async () => {
    for (const which of await waitingMappings(database, mostSeen)) {
      if (stopping.aborted) return
      if (await applyMapping(options, which)) log.info({ ...which }, 'mapping.applied')
    }
  }
  return {
    look: () => {
      if (stopping.aborted) return
      looking ??= lookOnce()
        .catch((error: unknown) => log.error({ err: error }, 'mappings.not_read'))
        .finally(() => {
          looking = undefined
        })
    },
    closed: async () => {
      await looking
    },
  }
}
