import { api, json, problem } from '../../../server/answers.ts'
import type { IssuedToken } from '../../../server/api-shapes.ts'
import { tokenSeconds } from '../../../server/tokens.ts'

/** Gives a token for an API key, to be handed to a program that is not to hold the key itself. */
export const POST = api(async (context) => {
  const { asker, tokens, now } = context.locals
  if (asker?.road !== 'api_key') {
    const message = 'A token is made with an API key: Authorization: Bearer tdm_…'
    return problem(context, { status: 403, code: 'key_needed', message })
  }
  const { person, tenantId, keyId, scopes } = asker
  const token = await tokens.issue({ userId: person.id, tenantId, keyId, scopes }, now)
  const issued: IssuedToken = { token, token_type: 'Bearer', expires_in: tokenSeconds }
  return json(issued)
})
