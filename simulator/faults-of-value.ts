import { withEveryRow, withFields, withFirstRow } from './fault-envelope.ts'
import { numberOf, textOf, type Effect } from './fault-effect.ts'
import type { Reply } from './reply.ts'

/** Stands in the JSON where bytes go that no JSON writer would write. */
const MARK = '@@simulated@@'

/** Faults of the values in the rows. */
export const valueFaults = {
  'long-text': {
    after: (reply, _, firing) =>
      withText(reply, 'long text '.repeat(numberOf(firing, 'bytes', 1_000_000) / 10)),
  },
  'huge-body': {
    after: (reply, _, firing) =>
      withFirstRow(reply, (row) => ({
        ...row,
        attachment: 'A'.repeat(numberOf(firing, 'bytes', 30_000_000)),
      })),
  },
  emoji: { after: (reply) => withText(reply, 'Zoë 👩‍👩‍👧 🏳️‍🌈 ☕️') },
  'lone-surrogate': { after: (reply) => withText(reply, 'half \ud800 pair') },
  'null-character': { after: (reply) => withText(reply, 'before\u0000after') },
  'script-text': {
    after: (reply) => withText(reply, '<img src=x onerror="alert(1)"><script>alert(2)</script>=1+1'),
  },
  'invalid-utf8': { after: (reply) => withBytes(withText(reply, `caf${MARK}`), Buffer.from([0xc3, 0x28])) },
  latin1: {
    after: (reply) => {
      const accented = withText(reply, 'café')
      if (accented === reply) return reply
      const headers = { ...reply.headers, 'Content-Type': 'application/json; charset=iso-8859-1' }
      return { ...reply, headers, body: Buffer.from(accented.body.toString(), 'latin1') }
    },
  },
  'byte-order-mark': {
    after: (reply) => ({ ...reply, body: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), reply.body]) }),
  },
  'duplicate-keys': {
    after: (reply) => {
      const marked = withFirstRow(reply, (row) => ({ ...row, [MARK]: Object.keys(row)[0] }))
      return withPattern(marked, new RegExp(`"${MARK}":("[^"]*")`), '$1:"second"')
    },
  },
  'deep-nesting': {
    after: (reply, _, firing) => {
      const depth = numberOf(firing, 'depth', 20_000)
      const nested = '['.repeat(depth) + ']'.repeat(depth)
      return withPattern(withField(reply, 'nested', MARK), new RegExp(`"${MARK}"`), nested)
    },
  },
  'proto-key': {
    after: (reply) =>
      withPattern(withField(reply, MARK, ''), new RegExp(`"${MARK}":""`), '"__proto__":{"isAdmin":true}'),
  },
  'number-id': {
    after: (reply) => {
      const marked = withFirstRow(reply, (row) => ({ ...row, [idField(row)]: MARK }))
      return withPattern(marked, new RegExp(`"${MARK}"`), '9007199254740993')
    },
  },
  'strange-date': {
    after: (reply, _, firing) => {
      const date = textOf(firing, 'value', '0000-00-00 00:00:00')
      return withFirstRow(reply, (row) => ({ ...row, created: date, last_modified_date: date }))
    },
  },
  'strange-amount': {
    after: (reply, _, firing) =>
      withField(reply, textOf(firing, 'field', 'deal_size'), textOf(firing, 'value', '1.234,56')),
  },
  'unknown-field': { after: (reply) => withEveryRow(reply, (row) => ({ ...row, favourite_colour: 'teal' })) },
  'field-missing': {
    after: (reply, _, firing) => {
      const field = textOf(firing, 'field', 'last_modified_date')
      return withEveryRow(reply, (row) => withFields(row, (fields) => ({ ...fields, [field]: undefined })))
    },
  },
  'field-null': {
    after: (reply, _, firing) =>
      withEveryRow(reply, (row) =>
        withFields(row, (fields) => ({ ...fields, [textOf(firing, 'field', 'deal_size')]: null })),
      ),
  },
  'id-missing': { after: (reply) => withFirstRow(reply, (row) => ({ ...row, [idField(row)]: undefined })) },
} satisfies Record<string, Effect>

const textFields = [
  'content',
  'firstName',
  'title',
  'sales_cycle_name',
  'lead_source_name',
  'hs_note_body',
  'dealname',
  'firstname',
  'Body',
  'Subject',
  'Name',
]

function withText(reply: Reply, text: string): Reply {
  return withFirstRow(reply, (row) =>
    withFields(row, (fields) => ({
      ...fields,
      [textFields.find((field) => field in fields) ?? 'text']: text,
    })),
  )
}

function withField(reply: Reply, field: string, value: unknown): Reply {
  return withFirstRow(reply, (row) => withFields(row, (fields) => ({ ...fields, [field]: value })))
}

const idFields = [
  'opportunity_id',
  'event_id',
  'sales_cycle_id',
  'lead_source_id',
  'user_id',
  'id',
  'client_id',
  'Id',
]

function idField(row: Record<string, unknown>): string {
  return idFields.find((field) => field in row) ?? 'id'
}

function withPattern(reply: Reply, pattern: RegExp, text: string): Reply {
  const body = reply.body.toString()
  return pattern.test(body) ? { ...reply, body: Buffer.from(body.replace(pattern, text)) } : reply
}

function withBytes(reply: Reply, bytes: Buffer): Reply {
  const place = reply.body.indexOf(MARK)
  if (place < 0) return reply
  const parts = [reply.body.subarray(0, place), bytes, reply.body.subarray(place + MARK.length)]
  return { ...reply, body: Buffer.concat(parts) }
}
