/**
 * The part of the Compose file format that our docker-compose.yml uses, as a JSON schema of our own, because we
 * found no npm package that brings the official one. It is closed: a key that is not listed here, or misspelt, is
 * refused. Keys and forms: https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json,
 * read on 2026-11-21; narrower where we mean it to be (ports only on loopback).
 */

const name = '^[a-zA-Z0-9._-]+$'
const texts = { type: 'array', items: { type: 'string' }, minItems: 1, uniqueItems: true }
const command = { type: 'array', items: { type: 'string' }, minItems: 1 }
const duration = { type: 'string', pattern: '^([0-9]+(us|ms|s|m|h))+$' }
const size = { type: 'string', pattern: '^[0-9]+(b|k|m|g|kb|mb|gb)$' }
const scalar = { type: ['string', 'number'] }

const closed = (properties: Record<string, object>, required: string[] = []) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const mapOf = (value: object) => ({
  type: 'object',
  patternProperties: { [name]: value },
  additionalProperties: false,
  minProperties: 1,
})

const healthcheck = {
  oneOf: [
    closed({ disable: { const: true } }, ['disable']),
    closed(
      {
        test: { ...command, contains: { enum: ['CMD', 'CMD-SHELL'] } },
        interval: duration,
        timeout: duration,
        retries: { type: 'integer', minimum: 1 },
        start_period: duration,
        start_interval: duration,
      },
      ['test'],
    ),
  ],
}

const service = {
  ...closed({
    build: { type: 'string' },
    image: { type: 'string' },
    command,
    user: { type: 'string' },
    init: { type: 'boolean' },
    read_only: { type: 'boolean' },
    tmpfs: texts,
    cap_drop: texts,
    security_opt: texts,
    shm_size: size,
    stop_grace_period: duration,
    restart: { enum: ['no', 'always', 'unless-stopped', 'on-failure'] },
    environment: mapOf(scalar),
    secrets: texts,
    volumes: texts,
    networks: texts,
    ports: {
      type: 'array',
      items: { type: 'string', pattern: '^127\\.0\\.0\\.1:[^:]*(:-[0-9]+\\})?:[0-9]+$' },
    },
    healthcheck,
    depends_on: mapOf(
      closed(
        { condition: { enum: ['service_started', 'service_healthy', 'service_completed_successfully'] } },
        ['condition'],
      ),
    ),
    logging: closed({ driver: { type: 'string' }, options: mapOf(scalar) }, ['driver']),
  }),
  anyOf: [{ required: ['image'] }, { required: ['build'] }],
}

export const composeSchema = {
  type: 'object',
  properties: {
    name: { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]*$' },
    services: mapOf(service),
    networks: mapOf(closed({ internal: { type: 'boolean' } })),
    volumes: mapOf(closed({})),
    secrets: mapOf(closed({ file: { type: 'string' } }, ['file'])),
  },
  patternProperties: { '^x-': {} },
  required: ['services'],
  additionalProperties: false,
}
