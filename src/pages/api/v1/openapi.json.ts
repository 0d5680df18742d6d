import { api } from '../../../server/answers.ts'
import { describeApi } from '../../../server/openapi.ts'

/** The description of the API, for programs and for tools that make clients. */
export const GET = api(({ locals }) =>
  Response.json(describeApi(locals.identity.publicUrl), {
    headers: { 'cache-control': 'public, max-age=300' },
  }),
)
