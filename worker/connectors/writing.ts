import type { Reply, Request } from './connector.ts'

/** What is to be written about one opportunity: a next step or how it ended. Instants are ISO 8601 in UTC. */
export type Asked = {
  /** Their ids of the opportunity, and of its contact where it has one. */
  record: string
  contact: string | null
  /** The stage in which the person saw it; null where we do not know. */
  stageName: string | null
  /** A line that stands in whatever is made for this write, and in nothing else. */
  marker: string
  step: { at: string; details: string } | null
  outcome: { is: WriteOutcome; reason: string | null } | null
  /** The task that we made for the step before, as the stream of activities names it; null where there is none. */
  task: string | null
  /** That task is put off and not done: it is changed, and no other one is made. */
  isMove: boolean
}

export type WriteOutcome = 'won' | 'lost' | 'disqualified'

/** What the CRM shows of a write, and what is missing. */
export type Standing =
  | {
      kind: 'found'
      /** When the record changed last; null where the CRM does not say. */
      updatedAt: string | null
      /** Somebody has changed what is about to be written over, where no time says so. */
      isChanged?: boolean
      /** The task that carries the step, as the stream of activities names it. */
      task: string | null
      /** What makes it so; null when it is so already. */
      main: Request | null
      /** What belongs to it, each harmless to do twice. */
      rest: Request[]
    }
  /** It cannot be written there, and why, in words for people. */
  | { kind: 'impossible'; words: string }

/**
 * How next steps and outcomes are written to the CRM. Whatever was sent before, the CRM is looked at first: `look` and `stand` find
 * what is there already by the marker and by values, so that nothing is made twice when the answer to a request was lost.
 */
export type Writing<Settings> = {
  /** What a next step becomes there, and what each outcome it can take becomes; an outcome that is missing cannot be written. */
  words: { step: string; outcomes: Partial<Record<WriteOutcome, string>> }
  /** Whether a task keeps its time, or only its day. */
  keeps: 'instant' | 'day'
  /** What to ask next to know how the write stands, given all answers so far; null when they are enough. */
  look: (asked: Asked, replies: readonly Reply[], settings: Settings) => Request | null
  /** How it stands. Throws `StreamError` (`E_CRM_BAD_REPLY`) when an answer is not what the CRM documents. */
  stand: (asked: Asked, replies: readonly Reply[], settings: Settings) => Standing
  /** The id of the task that `main` has made, by its answer, as the stream of activities names it; null where it says none. */
  made: (reply: Reply) => string | null
}
