import type { Unauthorised } from './options.ts'
import { jsonReply, type Reply } from './reply.ts'

/**
 * The answer to a missing or unrecognised header. Only "an HTTP error code" is documented
 * (https://support.clienttether.com/api-document/clienttether-api-2-0-doc, 2026-11-20), hence three ASSUMED forms.
 */
export function unauthorised(form: Unauthorised, what: 'Access Token' | 'Web Key'): Reply {
  const message = `Unauthorized: Invalid ${what}`
  if (form === 'json401') return jsonReply(JSON.stringify({ ResultCode: 'CT_401', Message: message }), 401)
  if (form === 'code200') return jsonReply(JSON.stringify({ ResultCode: 'CT_401', Message: message }))
  return { status: 401, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: Buffer.from(message) }
}
