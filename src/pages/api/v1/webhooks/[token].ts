import { api } from '../../../../server/answers.ts'
import { takeWebhook } from '../../../../server/webhooks.ts'

/** What a CRM sends when something changed. The last part of the address is unguessable and names the connection. */
export const POST = api(takeWebhook)
