import { withEnvelope } from './fault-envelope.ts'
import type { Effect } from './fault-effect.ts'
import { pipedriveError } from './pipedrive-errors.ts'
import { coolDownPage } from './pipedrive-limits.ts'

/** Faults in Pipedrive's own form. */
export const pipedriveFaults = {
  'pipedrive-cool-down': { after: () => coolDownPage() },
  'pipedrive-scope-missing': { after: () => pipedriveError('scopeMismatch') },
  'pipedrive-not-open': { after: () => pipedriveError('notOpen') },
  'pipedrive-paging-missing': {
    after: (reply) => withEnvelope(reply, (envelope) => ({ ...envelope, additional_data: undefined })),
  },
  'pipedrive-empty-page': {
    after: (reply) => withEnvelope(reply, (envelope) => ({ ...envelope, data: [] })),
  },
} satisfies Record<string, Effect>
