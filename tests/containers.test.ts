import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Ajv } from 'ajv'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { environment, fileVariables } from '../drizzle/config.ts'
import { composeSchema } from './support/compose-schema.ts'

const root = join(import.meta.dirname, '..')
const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(composeSchema)

type Service = {
  build?: string
  command?: string[]
  environment?: Record<string, string>
  secrets?: string[]
  networks?: string[]
  depends_on?: Record<string, unknown>
  ports?: string[]
  user?: string
  cap_drop?: string[]
  read_only?: boolean
}
/** A file that parses is checked against the schema first; these are the parts the other tests read. */
type Compose = {
  services: Record<string, Service>
  networks: object
  volumes: object
  secrets: Record<string, { file: string }>
}

let text: string
let compose: Compose
let dockerfile: string[]
let ours: [string, Service][]

beforeAll(async () => {
  text = await readFile(join(root, 'docker-compose.yml'), 'utf8')
  compose = parse(text, { merge: true }) as Compose
  // A backslash at the end of a line continues the instruction.
  dockerfile = (await readFile(join(root, 'Dockerfile'), 'utf8')).replaceAll(/\\\n\s*/g, '').split('\n')
  ours = Object.entries(compose.services).filter(([, service]) => service.build)
})

/** What our programs read: every variable of the schema, and the two that may name a file instead. */
const known = [...Object.keys(environment.shape), ...fileVariables.map((name) => `${name}_FILE`)]

async function commands(): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'bin/tidemark.mjs'), '--help'])
  const list = stdout.slice(stdout.search(/^Commands:/m))
  return [...list.matchAll(/^ {2}(\w[\w-]*)/gm)].map((match) => match[1] ?? '')
}

describe('docker-compose.yml', () => {
  test('is a valid compose file', () => {
    expect(validate(compose), JSON.stringify(validate.errors, null, 1)).toBe(true)
  })

  test.each([
    ['a misspelt key', { services: { web: { image: 'x', enviroment: {} } } }],
    ['an unknown restart policy', { services: { web: { image: 'x', restart: 'sometimes' } } }],
    ['a port open to the network', { services: { web: { image: 'x', ports: ['4321:4321'] } } }],
    ['a service made of nothing', { services: { web: { command: ['node'] } } }],
  ])('would be refused with %s', (_what, file) => expect(validate(file)).toBe(false))

  test('refers only to services, networks, volumes and secrets that it defines', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      expect(Object.keys(compose.services), name).toEqual(
        expect.arrayContaining(Object.keys(service.depends_on ?? {})),
      )
      expect(Object.keys(compose.networks), name).toEqual(expect.arrayContaining(service.networks ?? []))
      expect(Object.keys(compose.secrets), name).toEqual(expect.arrayContaining(service.secrets ?? []))
      const files = Object.values(service.environment ?? {})
        .map(String)
        .filter((value) => value.startsWith('/run/secrets/'))
      expect(service.secrets, name).toEqual(files.map((file) => file.slice('/run/secrets/'.length)))
    }
  })

  test('sets only variables that our programs read, and takes only such from the shell', () => {
    for (const [name, service] of ours) {
      expect(known, name).toEqual(expect.arrayContaining(Object.keys(service.environment ?? {})))
    }
    const taken = [...text.matchAll(/\$\{(\w+)/g)].map((match) => match[1])
    expect(known).toEqual(expect.arrayContaining(taken))
  })

  test('gives every variable a value that our programs take', () => {
    for (const [name, service] of ours) {
      const given = Object.entries(service.environment ?? {}).filter(([key]) => !key.endsWith('_FILE'))
      const values = given.map(([key, value]) => [key, value.replace(/^\$\{\w+:-(.*)\}$/, '$1')])
      // An empty value counts as none.
      const set = values.filter(([, value]) => value !== '')
      expect(environment.safeParse(Object.fromEntries(set)), name).toMatchObject({ success: true })
    }
  })

  test('runs only commands that the command line has', async () => {
    const existing = await commands()
    for (const [name, { command = [] }] of ours) {
      expect(command.slice(0, 2), name).toEqual(['node', 'bin/tidemark.mjs'])
      expect(existing, name).toContain(command[2])
    }
  })

  test('publishes the pages alone, and gives no service more rights than it needs', () => {
    const open = Object.entries(compose.services).filter(([, service]) => service.ports)
    expect(open.map(([name]) => name)).toEqual(['web'])
    for (const [name, service] of Object.entries(compose.services)) {
      expect(service.cap_drop, name).toEqual(['ALL'])
    }
    for (const [name, service] of ours) expect(service.read_only, name).toBe(true)
    const holders = ours
      .filter(([, service]) => service.secrets?.includes('tidemark_secret'))
      .map(([name]) => name)
    expect(holders).toEqual(['worker'])
    const signers = ours.filter(([, { secrets }]) => secrets?.includes('tidemark_web_secret'))
    expect(signers.map(([name]) => name)).toEqual(['web'])
  })
})

describe('Dockerfile', () => {
  test('copies only what the checkout has and the build context lets through', async () => {
    const allowed = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n')
    const copied = dockerfile
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1))
    expect(copied).toContain('package-lock.json')
    for (const path of copied) {
      expect(allowed).toContain(`!${path}`)
      await expect(stat(join(root, path)), path).resolves.toBeDefined()
    }
  })

  test('copies from stages that it defines', () => {
    const stages = dockerfile.flatMap((line) => /^FROM .* AS (\w+)/.exec(line)?.[1] ?? [])
    const used = dockerfile.flatMap((line) => /--from=(\w+)/.exec(line)?.[1] ?? [])
    expect(stages).toEqual(expect.arrayContaining(used))
  })

  test('runs the pages as an ordinary user, with variables our programs read', async () => {
    const last = dockerfile.slice(dockerfile.findLastIndex((line) => line.startsWith('FROM ')))
    expect(last).toContain('USER node')
    expect(last).toContain('CMD ["node", "bin/tidemark.mjs", "web"]')
    expect(await commands()).toContain('web')
    const variables = last
      .filter((line) => line.startsWith('ENV '))
      .flatMap((line) => [...line.matchAll(/(\w+)=/g)])
    expect([...known, 'NODE_ENV']).toEqual(expect.arrayContaining(variables.map((match) => match[1])))
  })

  test.each([
    [200, 0],
    [503, 1],
  ])('a health answer of %i ends its check with %i', async (status, expected) => {
    const check = dockerfile.find((line) => line.startsWith('HEALTHCHECK'))
    const [node, ...words] = JSON.parse(/CMD (\[.*\])$/.exec(check ?? '')?.[1] ?? '[]') as string[]
    expect(node).toBe('node')
    const pages = createServer((req, res) => res.writeHead(req.url === '/healthz' ? status : 404).end())
    pages.listen(0, '127.0.0.1')
    await once(pages, 'listening')
    const { port } = pages.address() as AddressInfo
    const child = spawn(process.execPath, words, { env: { PORT: String(port) } })
    const [code] = (await once(child, 'exit')) as [number]
    pages.close()
    expect(code).toBe(expected)
  })
})
