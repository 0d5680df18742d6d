import { api } from '../../../../server/answers.ts'
import { takeWebhook } from '../../../../server/webhooks.ts'

/**
 * What a CRM sends when something changed. The last part of the address is unguessable and names the connection. By its one spelling
 * it is answered before it comes here: src/server/short-way.ts.
 */
export const POST = api(takeWebhook)
