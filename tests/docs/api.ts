import { writeFileSync } from 'node:fs'
import { requestsPerMinute } from '../../src/server/limits.ts'
import { describeApi, refusedAnywhere } from '../../src/server/openapi.ts'

/** Where the description of the API stands for people. */
export const apiPage = new URL('../../docs/api.md', import.meta.url)

/** What of JSON Schema and OpenAPI our description uses. */
type Schema = {
  type?: string | string[]
  format?: string
  enum?: string[]
  const?: string
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
}
type Media = { description: string; content: { 'application/json': { schema: Schema } } }
type Parameter = { name: string; schema: Schema; description: string }
type Operation = {
  summary: string
  description: string
  parameters?: (Parameter | { $ref: string })[]
  requestBody?: Media
  responses: Record<string, Media>
}
type Description = {
  paths: Record<string, { get?: Operation; post?: Operation }>
  components: {
    parameters: { idempotencyKey: Parameter; workspace: Parameter }
    schemas: { Refusal: Schema }
  }
}

const { paths, components } = describeApi('https://sync.example.com') as unknown as Description

/** docs/api.md: the API as it describes itself to programs, for people. */
export function renderApi(): string {
  const operations = Object.entries(paths).flatMap(([path, { get, post }]) => [
    ...(get ? [renderOperation(`GET ${path}`, get)] : []),
    ...(post ? [renderOperation(`POST ${path}`, post)] : []),
  ])
  const { idempotencyKey, workspace } = components.parameters
  return `# The API

A program shows an API key, made in the settings of a workspace: \`Authorization: Bearer tdm_…\`. It acts for its owner in that one
workspace, within its scopes and within its owner's role ([roles.md](roles.md)). Each key has ${requestsPerMinute} requests a minute. Money is exact text
with its currency, times are UTC, and an answer may grow by fields.

Tools make clients of \`/api/v1/openapi.json\` (OpenAPI 3.1). This page is the same printed: \`node tests/docs/api.ts\` prints it anew.

${operations.join('\n')}
## Headers

- \`${workspace.name}\`: ${workspace.description}
- \`${idempotencyKey.name}\`, where an action is completed: ${idempotencyKey.description}

## What is refused

Everywhere, beside what stands with each address:

${listOf(Object.entries(refusedAnywhere))}

The body has the same shape everywhere:

${fieldsOf(components.schemas.Refusal)}
`
}

function renderOperation(heading: string, operation: Operation): string {
  const { summary, description, parameters = [], requestBody, responses } = operation
  const inQuery = parameters.filter((one): one is Parameter => 'name' in one)
  const refusals = Object.entries(responses)
    .filter(([status, media]) => status >= '400' && !isUsual(status, media))
    .map(([status, media]) => [status, media.description] as const)
  const [answered] = Object.entries(responses)
  return [
    `## \`${heading}\``,
    `${summary}. ${description.replaceAll('\n\n', ' ')}`,
    ...(inQuery.length > 0
      ? [
          `In the address:\n\n${inQuery.map((one) => lineOf(one.name, one.schema, one.description)).join('\n')}`,
        ]
      : []),
    ...(requestBody ? [`Sent:\n\n${fieldsOf(schemaOf(requestBody))}`] : []),
    ...(answered ? [`Answered with ${answered[0]}:\n\n${fieldsOf(schemaOf(answered[1]))}`] : []),
    ...(refusals.length > 0 ? [`Refused:\n\n${listOf(refusals)}`] : []),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n')
}

const isUsual = (status: string, { description }: Media) =>
  Object.entries(refusedAnywhere).some(([usual, words]) => usual === status && words === description)

const listOf = (refusals: readonly (readonly [string, string])[]) =>
  refusals.map(([status, words]) => `- ${status}: ${words}`).join('\n')

const schemaOf = (media: Media): Schema => media.content['application/json'].schema

/** The fields of an object, one a line, those of what is in it indented. */
function fieldsOf({ properties = {}, required = [] }: Schema, depth = 0): string {
  return Object.entries(properties)
    .map(([name, field]) => lineOf(name, field, field.description, required.includes(name), depth))
    .join('\n')
}

function lineOf(name: string, field: Schema, words?: string, isAlways = true, depth = 0): string {
  const kinds = field.anyOf ?? [field]
  const given = kinds.find(({ type }) => type !== 'null') ?? field
  const about = [...new Set(kinds.flatMap(kindsOf)), ...(isAlways ? [] : ['may be absent'])].join(', ')
  const line = `${'  '.repeat(depth)}- \`${name}\` (${about})${words === undefined ? '' : `: ${words}`}`
  const within = fieldsOf(given.items ?? given, depth + 1)
  return within === '' ? line : `${line}\n${within}`
}

function kindsOf({ type, format, enum: words, const: word, items }: Schema): string[] {
  if (words !== undefined) return words.map((one) => `\`${one}\``)
  if (word !== undefined) return [`\`${word}\``]
  if (items !== undefined) return [`list of ${kindsOf(items).join(', ')}s`]
  return format === undefined ? [type ?? 'anything'].flat() : [format]
}

if (import.meta.main) writeFileSync(apiPage, renderApi())
