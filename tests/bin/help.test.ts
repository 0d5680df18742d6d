import { describe, expect, test } from 'vitest'
import { commandLine } from '../../bin/program.ts'
import { tidemark } from './tidemark.ts'

const everyCommand = () =>
  commandLine(() => undefined).commands.flatMap((command) =>
    command.commands.length > 0 ? [...command.commands] : [command],
  )

describe('help', () => {
  test('names every command', async () => {
    const { code, out } = await tidemark(['--help'])
    expect(code).toBe(0)
    for (const { name } of commandLine(() => undefined).commands.map((command) => ({ name: command.name() })))
      expect(out).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
  })

  test('shows an example of every command', () => {
    for (const command of everyCommand()) {
      let help = ''
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
      expect(help, command.name()).toContain('Examples:')
      expect(help, command.name()).toMatch(/\$ .*npm (run tidemark|start).*/)
    }
  })
})

describe('a command that was called wrongly ends with 2 and one sentence', () => {
  test.each([
    [['snyc'], `Unknown command 'snyc'\n(Did you mean sync?)\n`],
    [['sync', '--nope'], `Unknown option '--nope'.\n`],
    [['replay', '--verify'], `Required option '--tenant <slug>' not specified.\n`],
    [
      ['simulator', '--port', 'x'],
      /^Option '--port <number>' argument 'x' is invalid\. It must be a whole number\.\n$/,
    ],
    [['replay', '--tenant', 'x'], 'Say either --verify or --apply.\n'],
    [['sync', '--stream', 'deals'], /^There is no stream deals\. There are: owners, .*\.\n$/],
  ])('%j', async (args, words) => {
    const { code, out, err } = await tidemark(args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toEqual(typeof words === 'string' ? words : expect.stringMatching(words))
  })

  test('an environment that is not usable is named whole, in one go', async () => {
    const { code, err } = await tidemark(['status'], { PORT: 'x', TIDEMARK_SECRET: 'CANARY-short' })
    expect(code).toBe(2)
    expect(err).toMatch(/PORT: .*\n.*TIDEMARK_SECRET: must be at least 32 bytes/)
    expect(err).not.toContain('CANARY')
  })
})

test('a database that does not answer is one sentence, without its password and without a stack', async () => {
  const env = { DATABASE_URL: 'postgres://tidemark:CANARY-password@127.0.0.1:1/tidemark' }
  const { code, out, err } = await tidemark(['status'], env)
  expect([code, out]).toEqual([1, ''])
  expect(err).toBe(
    'The database at 127.0.0.1:1 does not answer (ECONNREFUSED). Start it, or correct DATABASE_URL.\n',
  )
})
