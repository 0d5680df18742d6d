import { jsonReply, type Reply } from './reply.ts'

// Errors of the data API are arrays, those of the token endpoint objects: "Status Codes and Error Responses" of the REST API
// Developer Guide at https://developer.salesforce.com (read 2026-11-20).

/** A success. */
export const ok = (body: unknown, status = 200): Reply => jsonReply(JSON.stringify(body), status)

/** A refusal, to be thrown where it is found. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly fields: readonly string[]

  constructor(status: number, code: string, message: string, fields: readonly string[] = []) {
    super(message)
    this.status = status
    this.code = code
    this.fields = fields
  }

  get reply(): Reply {
    const error = { message: this.message, errorCode: this.code }
    return ok([this.fields.length === 0 ? error : { ...error, fields: this.fields }], this.status)
  }
}

export const invalidSession = (): Refusal =>
  new Refusal(401, 'INVALID_SESSION_ID', 'Session expired or invalid')

export const notFound = (): Refusal => new Refusal(404, 'NOT_FOUND', 'The requested resource does not exist')

/** The limits that share a code; only their words tell them apart. */
export const limitReached = (
  which: 'TotalRequests' | 'ConcurrentRequests (Concurrent API Requests)',
): Refusal => new Refusal(403, 'REQUEST_LIMIT_EXCEEDED', `${which} Limit exceeded.`)

export const invalidLocator = (): Refusal =>
  new Refusal(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
