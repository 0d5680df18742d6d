import { withEnvelope } from './fault-envelope.ts'
import type { Effect } from './fault-effect.ts'

/** Faults of the JSON and of the envelope around the rows. */
export const shapeFaults = {
  'invalid-json': {
    after: (reply) => ({ ...reply, body: Buffer.concat([reply.body.subarray(0, -1), Buffer.from(',}')]) }),
  },
  'cut-json': {
    after: (reply) => ({ ...reply, body: reply.body.subarray(0, Math.floor(reply.body.length * 0.7)) }),
  },
  'total-missing': {
    after: (reply) => withEnvelope(reply, (envelope) => ({ ...envelope, TotalRecord: undefined })),
  },
  'total-as-text': {
    after: (reply) =>
      withEnvelope(reply, (envelope) => ({ ...envelope, TotalRecord: String(envelope.TotalRecord) })),
  },
  'other-key-spelling': {
    after: (reply) =>
      withEnvelope(reply, (envelope) => {
        const isUpper = 'ResultCode' in envelope
        const other = isUpper ? { resultCode: 'CT200' } : { ResultCode: 'CT_200' }
        return { ...other, ...envelope, [isUpper ? 'ResultCode' : 'resultCode']: undefined }
      }),
  },
  'data-missing': { after: (reply) => withEnvelope(reply, (envelope) => ({ ...envelope, data: undefined })) },
  'data-not-an-array': {
    after: (reply) =>
      withEnvelope(reply, (envelope) => ({
        ...envelope,
        data: Object.fromEntries(Object.entries(envelope.data)),
      })),
  },
} satisfies Record<string, Effect>
