import { z } from 'zod'
import { refusal } from './api-shapes.ts'
import { doors, type Door } from './doors.ts'
import { requestKeyForm } from './json-body.ts'
import { requestsPerMinute } from './limits.ts'
import { operations, type Operation } from './operations.ts'

/**
 * The description of the API for programs, OpenAPI 3.1: what `operations` and `doors` say, so that it cannot say anything else than the
 * handlers do. `publicUrl` is where our pages are. https://spec.openapis.org/oas/v3.1.1.html (2026-11-23)
 */
export const describeApi = (publicUrl: string) => ({
  openapi: '3.1.1',
  info: {
    title: 'Tidemark',
    version: '1',
    description:
      'An hourly copy of a company’s CRM. A key acts for its owner in one workspace: within its scopes, and within its owner’s role. ' +
      'Money is exact text with its currency, times are UTC, and how fresh the data is says `GET /api/v1/sync/status`. ' +
      `An answer may grow by fields. ${requestsPerMinute} requests a minute for each key.`,
  },
  servers: [{ url: publicUrl }],
  security: [{ key: [] }],
  paths: Object.fromEntries(
    Object.entries(operations).map(([route, operation]) => [
      route.replaceAll(/\[(\w+)\]/g, '{$1}'),
      pathOf(route, operation),
    ]),
  ),
  components: {
    securitySchemes: {
      key: {
        type: 'http',
        scheme: 'bearer',
        description: 'An API key (`tdm_…`, made in the settings of a workspace), or a token made with one.',
      },
    },
    parameters: {
      workspace: {
        name: 'X-Tenant-ID',
        in: 'header',
        schema: { type: 'string' },
        description: 'The key’s own workspace, by its name in addresses or its id. Any other is 404.',
      },
      idempotencyKey: {
        name: 'Idempotency-Key',
        in: 'header',
        schema: { type: 'string', pattern: requestKeyForm.source },
        description: 'A name for this request: sent again under it, it is answered again and done once.',
      },
    },
    headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds to wait' } },
    schemas: { Refusal: schemaOf(refusal) },
  },
})

function pathOf(route: string, operation: Operation) {
  const door = doors[route]
  if (door === undefined) throw new Error(`${route} is described and has no door`)
  const names = [...route.matchAll(/\[(\w+)\]/g)].map(([, name]) => name)
  const inPath = names.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', format: 'uuid' },
  }))
  const method = operationOf(door, operation)
  return {
    parameters: [...inPath, { $ref: '#/components/parameters/workspace' }],
    [door.methods[0] === 'GET' ? 'get' : 'post']: method,
  }
}

function operationOf({ scope }: Door, { id, summary, description, ...operation }: Operation) {
  const { query, body, isNamed, answer, refusals } = operation
  const parameters = [
    ...(query === undefined ? [] : queryParameters(query)),
    ...(isNamed ? [{ $ref: '#/components/parameters/idempotencyKey' }] : []),
  ]
  return {
    operationId: id,
    summary,
    description: [...(description === undefined ? [] : [description]), `Scope: ${scope}.`].join('\n\n'),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: jsonOf(schemaOf(body)) } }),
    responses: {
      [answer.status]: { description: answer.words, content: jsonOf(schemaOf(answer.shape)) },
      ...Object.fromEntries(
        Object.entries({ ...refusedAnywhere, ...refusals }).map(([status, words]) => [
          status,
          refusalOf(Number(status), words),
        ]),
      ),
    },
  }
}

/** Why any address may refuse, by status. */
export const refusedAnywhere = {
  401: 'No key or token, or one that is not valid any more',
  403: 'The key lacks the scope, or its owner the role',
  404: 'Another workspace than the key’s',
  429: 'Too many requests',
  500: 'Something failed on our side; the log has it under `request_id`',
  503: 'The database is not answering; nothing is lost',
}

const jsonOf = (schema: unknown) => ({ 'application/json': { schema } })

const refusalOf = (status: number, words: string) => ({
  description: words,
  ...([429, 503].includes(status) && {
    headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
  }),
  content: jsonOf({ $ref: '#/components/schemas/Refusal' }),
})

function queryParameters(query: z.ZodObject) {
  return Object.entries(query.shape).map(([name, shape]) => {
    const { description, ...schema } = schemaOf(shape as z.ZodType)
    return { name, in: 'query', schema, description }
  })
}

/** What is sent, as JSON Schema. The patterns behind formats are left out: every reader knows the formats. */
function schemaOf(shape: z.ZodType) {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(shape, {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern
    },
  })
  return schema
}
