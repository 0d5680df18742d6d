import type { z } from 'zod'
import { completionGiven } from '../commands/step-given.ts'
import {
  askedRun,
  completedAction,
  duePage,
  dueQuery,
  issuedToken,
  runRequest,
  syncStatus,
} from './api-shapes.ts'

/** What a program may do at an address, for the description of the API. Who may is said by `doors`. */
export type Operation = {
  /** What generated clients call it. */
  id: string
  summary: string
  description?: string
  query?: z.ZodObject
  body?: z.ZodType
  /** Whether it takes an `Idempotency-Key`. */
  isNamed?: boolean
  answer: { status: 200 | 202; words: string; shape: z.ZodType }
  /** Why it may be refused, by status, beside what any address refuses. */
  refusals?: Readonly<Partial<Record<400 | 404 | 409 | 422, string>>>
}

/** Every address that an API key opens under /api/v1, with its one method. */
export const operations: Readonly<Record<string, Operation>> = {
  '/api/v1/opportunities/due': {
    id: 'listDueOpportunities',
    summary: 'The opportunities whose next action is due, oldest first',
    description:
      'Answers carry an `ETag`; with `If-None-Match` the answer is 304 while nothing on the page has changed.',
    query: dueQuery,
    answer: { status: 200, words: 'A page of them', shape: duePage },
    refusals: { 400: 'A `limit` or `cursor` that does not exist' },
  },
  '/api/v1/opportunities/[id]/complete_action': {
    id: 'completeAction',
    summary: 'Complete the open action of an opportunity by the next one, or by an outcome',
    description:
      'Give `new_next_action_at` and `new_next_action_details`, or `outcome` (with `reason`, unless it is won). ' +
      'Where no action is open, the first one is set.',
    body: completionGiven,
    isNamed: true,
    answer: { status: 200, words: 'The opportunity’s next step as it is now', shape: completedAction },
    refusals: {
      400: 'A body of another shape',
      404: 'No such opportunity in this workspace',
      409: 'Somebody has changed it since `version`; `present` says what is there',
      422: 'Against a rule: a time in the past, neither or both of next action and outcome, a closed opportunity, an `Idempotency-Key` of another request',
    },
  },
  '/api/v1/sync/status': {
    id: 'readSyncStatus',
    summary: 'How fresh the data of the workspace is, over all and stream by stream',
    answer: { status: 200, words: 'As of now', shape: syncStatus },
  },
  '/api/v1/sync/runs': {
    id: 'askForRun',
    summary: 'Ask for a sync run of a connection',
    body: runRequest,
    answer: { status: 202, words: 'It is going to be made', shape: askedRun },
    refusals: {
      400: 'A body of another shape',
      404: 'No such connection in this workspace',
      409: 'The connection is a draft, paused, or has to be connected again',
    },
  },
  '/api/v1/tokens': {
    id: 'issueToken',
    summary: 'A token of 15 minutes for a program that is not to hold the API key',
    description: 'Asked for with an API key. The token is sent as the key is, and is worth as much.',
    answer: { status: 200, words: 'The token', shape: issuedToken },
  },
}
