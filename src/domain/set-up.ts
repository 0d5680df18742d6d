import type { TestStep } from '../../drizzle/schema/access.ts'
import type { ConnectionState } from '../../drizzle/schema/connections.ts'
import { streamWord } from './streams.ts'
import type { Word } from './verdict.ts'

type SetUp = {
  state: ConnectionState
  stateReason: string | null
  /** What is stored of its keys; nothing until somebody enters them or consents. */
  secrets: readonly unknown[]
  test: { finishedAt: Date | null; ok: boolean | null } | undefined
}

/** Where somebody who looks after a connection stands, in one sentence. */
export function connectionSentence({ state, stateReason, secrets, test }: SetUp): string {
  if (test !== undefined && test.finishedAt === null) return 'We are asking the CRM whether this works.'
  if (state === 'draft') {
    if (secrets.length === 0) return 'The connection is saved, and nobody has let us into the CRM yet.'
    if (test?.ok === true) return 'The connection works. Nothing is copied until you start it.'
    return 'The connection is saved and not started. Nothing is copied yet.'
  }
  if (state === 'paused') return 'The connection is paused; what is here stays and grows older.'
  if (state === 'needs_reconnect') return stateReason ?? 'The CRM refuses our keys. Enter them again.'
  return 'The connection is active and copied every hour.'
}

/** A step of a test with the words for what was tried and how it went. */
export type WordedStep = TestStep & { word: string; standing: Word }

/** Steps that are no stream. */
const stepWords: Record<string, string> = {
  consent: 'Consent',
  credentials: 'Stored keys',
  reach: 'Address',
  access: 'Keys',
  time: 'Time',
}

const standings: Record<TestStep['state'], Word> = {
  ok: { word: 'Works', tone: 'good' },
  failed: { word: 'Failed', tone: 'bad' },
  skipped: { word: 'Not tried', tone: 'quiet' },
}

export function wordedStep(step: TestStep): WordedStep {
  return { ...step, word: stepWords[step.name] ?? streamWord(step.name), standing: standings[step.state] }
}

/** What every new connection is asked besides its keys: the end of the field's id, and its label. */
export const aboutFields = {
  name: { id: 'name', label: 'Name of the connection' },
  'settings.timeZone': { id: 'zone', label: 'Time zone of the account' },
  baseUrl: { id: 'address', label: "Address, if not the CRM's own" },
} as const
