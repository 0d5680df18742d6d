import { isatty } from 'node:tty'
import pino, { type Logger } from 'pino'
import type { Config } from '../drizzle/config.ts'
import { scrubber } from './redact.ts'

/**
 * The log of a program: JSON lines, or readable ones on a terminal, on standard error for commands that answer on
 * standard output. No credential gets through, whatever its depth, and none of `secrets` in any text.
 */
export async function createLog(options: {
  level: Config['LOG_LEVEL']
  secrets?: readonly string[]
  to?: 'stdout' | 'stderr'
}): Promise<Logger> {
  const scrub = scrubber(options.secrets)
  const fd = options.to === 'stderr' ? 2 : 1
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: null,
    formatters: {
      level: (label) => ({ level: label }),
      log: (line) => scrub.value(line) as Record<string, unknown>,
      bindings: (fields) => scrub.value(fields) as Record<string, unknown>,
    },
    // Our `log` formatter has already made errors plain.
    serializers: { err: (error: unknown) => error },
    hooks: {
      logMethod(words, method) {
        const clean = words.map((word: unknown) => (typeof word === 'string' ? scrub.text(word) : word))
        method.apply(this, clean as Parameters<typeof method>)
      },
    },
    timestamp: pino.stdTimeFunctions.isoTime,
  }
  if (!isatty(fd)) return pino(settings, pino.destination({ fd, sync: true }))
  const { default: pretty } = await import('pino-pretty')
  return pino(settings, pretty({ destination: fd, sync: true, translateTime: 'SYS:HH:MM:ss' }))
}
