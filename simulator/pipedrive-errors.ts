import { jsonReply, type Reply } from './reply.ts'

// Bodies as quoted in https://developers.pipedrive.com/docs/api/v1 and public issue threads (read 2026-11-20). That of 429 was
// seen nowhere: ASSUMED.

const info = 'Please check developers.pipedrive.com'

const errors = {
  unauthorised: { status: 401, error: 'unauthorized access', errorCode: 401, error_info: info },
  notOpen: { status: 402, error: 'company account is not open', errorCode: 402, error_info: info },
  scopeMismatch: { status: 403, error: 'Scope and URL mismatch', errorCode: 403, error_info: info },
  notFound: {
    status: 404,
    error: 'Entity was not found',
    error_info: 'Object was not found.',
    data: null,
    additional_data: null,
  },
  unknownPath: { status: 404, error: 'Unknown method .', errorCode: 404, error_info: info },
  overLimit: { status: 429, error: 'request over limit', errorCode: 429, error_info: info },
} as const

/** A refusal in Pipedrive's own form. */
export function pipedriveError(kind: keyof typeof errors): Reply {
  const { status, ...body } = errors[kind]
  return jsonReply(JSON.stringify({ success: false, ...body }), status)
}

/** A refused parameter. */
export function badParameter(parameter: string, problem: string): Reply {
  const body = {
    success: false,
    error: `Invalid parameter: ${parameter} ${problem}`,
    error_info: info,
    code: 'ERR_SCHEMA_VALIDATION_FAILED',
    data: null,
    additional_data: null,
  }
  return jsonReply(JSON.stringify(body), 400)
}
