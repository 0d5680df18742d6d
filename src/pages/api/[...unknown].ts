import { api, problem } from '../../server/answers.ts'

/** Programs get their errors as JSON, also for addresses that do not exist. */
export const ALL = api((context) =>
  problem(context, { status: 404, code: 'not_found', message: 'There is nothing at this address.' }),
)
