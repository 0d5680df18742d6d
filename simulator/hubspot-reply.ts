import { randomUUID } from 'node:crypto'
import { jsonReply, type Reply } from './reply.ts'

// The one shape of HubSpot's errors, every field of it optional: "Error handling" and the usage guidelines at
// https://developers.hubspot.com/docs (read 2026-11-20).

/** A success. */
export const ok = (body: unknown, status = 200): Reply => jsonReply(JSON.stringify(body), status)

/** A refusal in HubSpot's own shape. */
export function refused(status: number, category: string, message: string, more: object = {}): Reply {
  return ok({ status: 'error', message, correlationId: randomUUID(), category, ...more }, status)
}

export const unauthorised = (): Reply =>
  refused(
    401,
    'INVALID_AUTHENTICATION',
    'Authentication credentials not found. This API supports OAuth 2.0 authentication.',
  )

export const notFound = (): Reply => refused(404, 'OBJECT_NOT_FOUND', 'resource not found')

export const invalid = (message: string): Reply => refused(400, 'VALIDATION_ERROR', message)

export function missingScopes(required: readonly string[]): Reply {
  return refused(403, 'MISSING_SCOPES', 'This app has not been granted all scopes that this call needs.', {
    errors: [
      { message: 'One or more of these scopes are needed.', context: { requiredGranularScopes: required } },
    ],
    links: { scopes: 'https://developers.hubspot.com/scopes' },
  })
}

/** Which limit was reached; its name is how clients tell them apart. */
export type Policy = 'TEN_SECONDLY_ROLLING' | 'SECONDLY' | 'DAILY'

export function tooMany(policy: Policy): Reply {
  const message = `You have reached your ${policy.toLowerCase()} limit.`
  const body = { status: 'error', message, errorType: 'RATE_LIMIT', correlationId: randomUUID() }
  return ok({ ...body, policyName: policy }, 429)
}

/** A token for the very same place, as after an empty page: tokens mean nothing to others, but never repeat. */
export const anotherToken = (query: URLSearchParams): string => `${query.get('after') || '0'}.0`
