import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { arrange, testSecret, type Arrangement, type Client } from './arrange.ts'
import { expectSound } from './soundness.ts'
import { startStub, type StubCrm } from './stub-crm.ts'
import { expectTruth } from './truth.ts'

const run = promisify(execFile)

let all: Arrangement
let client: Client
beforeAll(async () => {
  all = await arrange()
  client = await all.connect()
})
afterAll(() => all.close())

/** The program as it is deployed. */
function startProgram(url = all.url): ChildProcess {
  return spawn(process.execPath, ['bin/tidemark.mjs', 'worker'], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: url,
      TIDEMARK_SECRET: testSecret,
      TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: 'true',
      LOG_LEVEL: 'info',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function end(program: ChildProcess): Promise<{ code: number | null; ms: number }> {
  const startedMs = performance.now()
  const exited = once(program, 'exit') as Promise<[number | null]>
  program.kill('SIGTERM')
  const [code] = await exited
  return { code, ms: performance.now() - startedMs }
}

const lastRun = async (status: string) =>
  (await client.records('sync_runs')).find((row) => row.status === status)

test('A18: a worker that is told to end in mid-run does so within seconds, and the next one goes on', async () => {
  all.simulator.faults.add({ fault: 'slow-answer', operation: 'read_client_list', params: { ms: 300 } })
  const first = startProgram()
  await until(() => all.simulator.ledger.count('read_client_list') > 0)
  const { code, ms } = await end(first)
  expect([code, ms < 10_000]).toEqual([0, true])
  expect(await lastRun('cancelled')).toMatchObject({ error_code: null })
  expect(await client.records('sync_runs')).toHaveLength(1)
  all.simulator.faults.clear()

  const second = startProgram()
  await until(() => lastRun('success'))
  await end(second)
  await expectTruth(client)
  await expectSound(all.url)
})

test('A20: a worker without a database says so and ends, with no words for machines only', async () => {
  const program = startProgram('postgres://tidemark:secret-password@127.0.0.1:9/nowhere')
  let said = ''
  program.stderr?.on('data', (bytes: Buffer) => (said += bytes.toString()))
  program.stdout?.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const [code] = (await once(program, 'exit')) as [number]
  expect(code).not.toBe(0)
  expect(said).not.toBe('')
  expect(said).not.toContain('secret-password')
})

test('A21: a process out of file descriptors blames itself and not the CRM', async () => {
  const stub: StubCrm = await startStub((response) => response.end())
  const script = `
    import { openSync } from 'node:fs'
    import { createFetcher } from './worker/fetcher.ts'
    import { clientTether } from './worker/connectors/clienttether.ts'
    const never = new AbortController().signal
    const fetcher = createFetcher({ connector: clientTether, baseUrl: '${stub.url}', secrets: {}, allowPrivateHosts: true,
      turn: async () => {}, quiet: async () => {}, stopping: never, retryWaitsMs: [1] })
    const ask = () => fetcher.ask({ method: 'GET', path: 'read_user_list' }, 'owners').catch((error) => error.code)
    await ask()
    await fetcher.close()
    const again = createFetcher({ connector: clientTether, baseUrl: '${stub.url}', secrets: {}, allowPrivateHosts: true,
      turn: async () => {}, quiet: async () => {}, stopping: never, retryWaitsMs: [1] })
    try { for (;;) openSync('/dev/null') } catch {}
    const code = await again.ask({ method: 'GET', path: 'read_user_list' }, 'owners').catch((error) => error.code)
    process.stdout.write(code)
    process.exit()`
  const { stdout } = await run('sh', [
    '-c',
    'ulimit -n 128; exec "$0" --input-type=module -e "$1"',
    process.execPath,
    script,
  ])
  expect(stdout).toBe('E_CAPACITY')
  await stub.close()
})
