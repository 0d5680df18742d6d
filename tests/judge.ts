import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { parseArgs } from 'node:util'
import { environment } from '../drizzle/config.ts'

/**
 * The one judge behind `npm test`. Every step must pass; a step's output is shown only when it does not.
 * `node tests/judge.ts --only vitest -- tests/worker` runs one step, with arguments of its own.
 */
type Step = { name: string; program: string; args: string[]; minutes: number }
type Verdict = { step: Step; passed: boolean; output: string }

const root = join(import.meta.dirname, '..')
const script = (name: string, minutes: number): Step => ({
  name,
  program: process.execPath,
  args: ['--run', name],
  minutes,
})

const format: Step = { name: 'format', program: 'prettier', args: ['--check', '.'], minutes: 15 }
const lint = script('lint', 15)
const types = script('types', 25)
const build = script('build', 20)
const vitest: Step = { name: 'vitest', program: 'vitest', args: ['run'], minutes: 80 }

// What runs side by side is measured on two cores: the type checker alone takes as long as the other two.
const stages: Step[][][] = [[[types], [format, lint]], [[build]], [[vitest]]]

const running = new Set<ChildProcess>()
let isInterrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    isInterrupted = true
    for (const child of running) endTree(child)
  })
}

const code = await judge()
process.exitCode = isInterrupted ? 130 : code

async function judge(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true })
  const steps = stages.flat(2)
  const only = steps.find((step) => step.name === values.only)
  if (values.only !== undefined && !only) {
    console.error(`--only takes one of: ${steps.map((step) => step.name).join(', ')}`)
    return 2
  }
  if (only === vitest) return judgeTests(positionals)
  if (only) return (await judgeStep({ ...only, args: [...only.args, ...positionals] })).passed ? 0 : 1
  for (const lanes of stages) {
    if (lanes[0]?.[0] === vitest) return judgeTests([])
    const verdicts = await Promise.all(lanes.map(judgeLane))
    if (verdicts.includes(false)) return 1
  }
  return 0
}

async function judgeLane(lane: Step[]): Promise<boolean> {
  let passed = true
  for (const step of lane) passed = (await judgeStep(step)).passed && passed
  return passed
}

/** Runs the tests and counts them by vitest's own results; a file that did not load or a skipped test fails too. */
async function judgeTests(args: string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-results-'))
  const file = join(folder, 'vitest.json')
  try {
    const named = `--reporter=${join(import.meta.dirname, 'support/name-failed.ts')}`
    const reporters = [named, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const { passed } = await judgeStep({ ...vitest, args: [...vitest.args, ...reporters, ...args] })
    const results = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Results
    const unloaded = (results.testResults ?? []).filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
    ).length
    const skipped = (results.numPendingTests ?? 0) + (results.numTodoTests ?? 0)
    if (skipped) console.log(`${skipped} skipped: a test that does not run proves nothing`)
    const failed = (results.numFailedTests ?? 0) + unloaded + skipped
    // An error outside any test, or results that were never written, is a failure that no test has counted.
    const counted = passed ? failed : Math.max(failed, 1)
    console.log(`\n${results.numPassedTests ?? 0} passed, ${counted} failed`)
    return counted ? 1 : 0
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Results = {
  numPassedTests?: number
  numFailedTests?: number
  numPendingTests?: number
  numTodoTests?: number
  testResults?: { status: string; assertionResults: { status: string }[] }[]
}

async function judgeStep(step: Step): Promise<Verdict> {
  if (isInterrupted) return { step, passed: false, output: '' }
  const started = Date.now()
  const verdict = await run(step)
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  console.log(`${verdict.passed ? '✓' : '✗'} ${step.name.padEnd(8)} ${seconds.padStart(6)} s`)
  if (!verdict.passed) console.log(`${verdict.output.trim()}\n`)
  return verdict
}

/** Runs a step in a process group of its own, so that a hung or interrupted step ends with all it started. */
function run(step: Step): Promise<Verdict> {
  return new Promise((done) => {
    let output = ''
    const child = spawn(step.program, step.args, {
      cwd: root,
      env: cleanEnvironment(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    const finish = (passed: boolean) => {
      running.delete(child)
      clearTimeout(limit)
      done({ step, passed, output })
    }
    const limit = setTimeout(() => {
      output += `\n${step.name} did not end within ${step.minutes} minutes.`
      endTree(child)
    }, step.minutes * 60_000)
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
    }
    child.once('error', (error) => {
      output += error.message
      finish(false)
    })
    child.once('close', (code) => finish(code === 0))
  })
}

/** Asks the whole group to end, and makes it after ten seconds. */
function endTree(child: ChildProcess): void {
  const send = (signal: NodeJS.Signals) => {
    try {
      if (child.pid) process.kill(-child.pid, signal)
    } catch {
      child.kill(signal)
    }
  }
  send('SIGTERM')
  setTimeout(() => send('SIGKILL'), 10_000).unref()
}

/** Without the developer's own settings: no test may ever reach the database that a shell happens to name. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', ASTRO_TELEMETRY_DISABLED: '1' }
  for (const name of Object.keys(environment.shape)) {
    delete env[name]
    delete env[`${name}_FILE`]
  }
  env['PATH'] = [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter)
  return env
}
