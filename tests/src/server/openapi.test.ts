import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doors } from '../../../src/server/doors.ts'
import { operations } from '../../../src/server/operations.ts'
import { refusal } from '../../../src/server/api-shapes.ts'
import { startApp, type TestApp } from '../app.ts'
import { seedKey } from '../keys.ts'
import { seedTidewell, type Connection } from '../seed.ts'
import { stranger, type Visitor } from '../visitor.ts'

// The description of the API is held against what the API does: each answer is asked for, and is as it is described.

type Media = { content: { 'application/json': { schema: object } } }
type Described = { requestBody?: Media; responses: Record<string, Media> }
type Description = {
  paths: Record<string, Record<'get' | 'post', Described>>
  components: { schemas: Record<string, object> }
}

let app: TestApp
let connection: Connection
let kofi: Visitor
let manager: Visitor
let id: string
let description: Description

beforeAll(async () => {
  app = await startApp()
  connection = (await seedTidewell(app.seed)).connection
  kofi = await app.as('rep', connection.tenantId)
  manager = await app.as('manager', connection.tenantId)
  const deal = { status: 'open', title: 'Austin "A" 🎉', amount_minor: -11_115_050, currency: 'EUR' }
  id = await app.seed.record('opportunities', connection, deal)
  await app.seed.insert('next_actions', {
    tenant_id: connection.tenantId,
    opportunity_id: await app.seed.record('opportunities', connection, deal),
    number: 1,
    how: 'planned',
    due_at: hence(-1),
    details: 'Call about the lease',
  })
  description = (await (await stranger(app.url).get('/api/v1/openapi.json')).json()) as Description
})

afterAll(() => app.close())

const hence = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
const ask = (path: string) => kofi.get(`${path}?workspace=tidewell`)
const send = (path: string, body: unknown, who = kofi) =>
  who.send(path, {
    method: 'POST',
    headers: { origin: app.url, 'content-type': 'application/json', 'x-tenant-id': 'tidewell' },
    body: JSON.stringify(body),
  })
const complete = (body: unknown) => send(`/api/v1/opportunities/${id}/complete_action`, body)

/** What its schema in the description says is wrong with a value. */
function wrongWith(schema: object, value: unknown): unknown {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema({ $id: 'api', components: description.components }, 'api')
  const validate = ajv.compile(
    JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"api#/components')) as object,
  )
  return validate(value) ? [] : validate.errors
}

const described = (route: string): Described => {
  const methods = description.paths[route.replaceAll(/\[(\w+)\]/g, '{$1}')]
  const found = methods?.get ?? methods?.post
  if (found === undefined) throw new Error(`${route} is not described`)
  return found
}
const schemaOf = (media: Media | undefined) => media?.content['application/json'].schema ?? { not: {} }

test('is a description as OpenAPI 3.1 wants it, open to everybody', async () => {
  const answer = await stranger(app.url).get('/api/v1/openapi.json')
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  const { valid, errors } = await new Validator().validate((await answer.json()) as Record<string, unknown>)
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined })
})

test('describes each address that an API key opens, and no other', () => {
  const opened = Object.entries(doors).filter(
    ([route, { scope }]) => scope !== undefined && route.startsWith('/api/'),
  )
  expect(Object.keys(operations).toSorted()).toEqual(opened.map(([route]) => route).toSorted())
  for (const [route, { methods }] of opened) expect([route, methods.length]).toEqual([route, 1])
})

describe('an answer is as it is described, and holds nothing that is not', () => {
  const answers: [string, () => Promise<Response>][] = [
    ['/api/v1/opportunities/due', () => ask('/api/v1/opportunities/due')],
    ['/api/v1/sync/status', () => ask('/api/v1/sync/status')],
    [
      '/api/v1/opportunities/[id]/complete_action',
      () => complete({ new_next_action_at: hence(2), new_next_action_details: 'Send the redline' }),
    ],
    ['/api/v1/sync/runs', () => send('/api/v1/sync/runs', { connection: connection.id }, manager)],
    [
      '/api/v1/tokens',
      async () => {
        const { headers } = await seedKey(app.seed, connection.tenantId, kofi.email)
        return stranger(app.url).send('/api/v1/tokens', { method: 'POST', headers })
      },
    ],
  ]

  test('all of them are asked for', () => {
    expect(answers.map(([route]) => route).toSorted()).toEqual(Object.keys(operations).toSorted())
  })

  test.each(answers)('%s', async (route, asked) => {
    const answer = await asked()
    const body: unknown = await answer.json()
    const operation = operations[route]
    expect([answer.status, body]).toEqual([operation?.answer.status, body])
    expect(wrongWith(schemaOf(described(route).responses[answer.status]), body)).toEqual([])
    expect(operation?.answer.shape.parse(body)).toEqual(body)
  })

  test('a page of what is due has a row, and its money and its time', async () => {
    const { data } = (await (await ask('/api/v1/opportunities/due')).json()) as { data: unknown[] }
    expect(data).toContainEqual(expect.objectContaining({ value: '-111150.50', currency: 'EUR' }))
  })
})

describe('a refusal is as it is described', () => {
  const due = '/api/v1/opportunities/due'
  const action = '/api/v1/opportunities/[id]/complete_action'
  const refusals: [number, string, () => Promise<Response>][] = [
    [400, due, () => kofi.get(`${due}?workspace=tidewell&limit=none`)],
    [401, due, () => stranger(app.url).send(due, { headers: { authorization: 'Bearer tdm_none' } })],
    [403, '/api/v1/sync/runs', () => send('/api/v1/sync/runs', { connection: connection.id })],
    [404, due, () => kofi.get(`${due}?workspace=harbour`)],
    [400, action, () => complete({ outcome: 'perhaps' })],
    [
      404,
      action,
      () => send(`/api/v1/opportunities/${crypto.randomUUID()}/complete_action`, { outcome: 'won' }),
    ],
    [409, action, () => complete({ outcome: 'won', version: 0 })],
    [422, action, () => complete({ outcome: 'lost' })],
  ]

  test.each(refusals)('%i of %s', async (status, route, asked) => {
    const answer = await asked()
    const body: unknown = await answer.json()
    expect([answer.status, body]).toEqual([status, body])
    expect(wrongWith(schemaOf(described(route).responses[status]), body)).toEqual([])
    expect(refusal.parse(body)).toEqual(body)
  })
})

describe('what is sent', () => {
  const route = '/api/v1/opportunities/[id]/complete_action'
  test.each([
    [true, { outcome: 'won' }],
    [true, { new_next_action_at: '2035-01-15T09:00:00-06:00', new_next_action_details: 'Call', version: 3 }],
    [false, { outcome: 'perhaps' }],
    [false, { outcome: 'won', version: -1 }],
    [false, { outcome: 'won', colour: 'green' }],
  ])('is taken (%s) by its description and by its address alike: %j', async (isTaken, body) => {
    expect(wrongWith(schemaOf(described(route).requestBody), body)).toEqual(isTaken ? [] : expect.anything())
    expect((await complete(body)).status === 400).toBe(!isTaken)
  })
})
