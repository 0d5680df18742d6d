import type { AccountOptions } from './options.ts'
import { jsonReply, type Reply } from './reply.ts'

/** The documented result codes: https://support.clienttether.com/api-document/clienttether-api-2-0-doc (2026-11-20). */
export const resultCodes = {
  badRequest: { code: 'CT_400', message: 'Bad Request', status: 400 },
  unknownOperation: { code: 'CT_404', message: 'Request Not Found', status: 404 },
  missingKey: { code: 'CT_501', message: 'Missing Required Key:Value', status: 400 },
  noRecord: { code: 'CT_515', message: 'No Record Found', status: 200 },
} as const

const OPEN = { ResultCode: '{"ResultCode":"CT_200"', resultCode: '{"resultCode":"CT200"' }
const CLOSE = Buffer.from(']}')

/** A success. `rows` is the inside of the data array, `total` the count of the whole list. */
export function success(options: AccountOptions, total: number, rows: Buffer): Reply {
  const open = OPEN[options.keySpelling ?? 'ResultCode']
  const head = Buffer.from(`${open},"Message":"Success","TotalRecord":${total},"data":[`, 'latin1')
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    body: Buffer.concat([head, rows, CLOSE], head.length + rows.length + CLOSE.length),
  }
}

/** A refusal; `client_id` is the boolean false in answers about one client, as recorded. */
export function refusal(options: AccountOptions, kind: keyof typeof resultCodes, extra: object = {}): Reply {
  const { code, message, status } = resultCodes[kind]
  const isUpper = (options.keySpelling ?? 'ResultCode') === 'ResultCode'
  const key = isUpper ? { ResultCode: code } : { resultCode: code.replace('_', '') }
  const isHttp = options.errorStatus === 'http'
  return jsonReply(JSON.stringify({ ...key, Message: message, ...extra }), isHttp ? status : 200)
}
