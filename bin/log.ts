import { isatty } from 'node:tty'
import pino, { type Logger } from 'pino'
import type { Config } from '../drizzle/config.ts'
import { scrubber, type Scrub } from './redact.ts'

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
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: null,
    formatters: {
      level: (label) => ({ level: label }),
      log: (line) => scrub.value(line) as Record<string, unknown>,
    },
    // The `log` formatter has already made errors plain.
    serializers: { err: (error: unknown) => error },
    timestamp: pino.stdTimeFunctions.isoTime,
  }
  return pino(settings, scrubbed(await outlet(options.to === 'stderr' ? 2 : 1), scrub))
}

async function outlet(fd: number): Promise<pino.DestinationStream> {
  if (!isatty(fd)) return pino.destination({ fd, sync: true })
  const { default: pretty } = await import('pino-pretty')
  return pretty({ destination: fd, sync: true, translateTime: 'SYS:HH:MM:ss' })
}

/** Looks at whole lines: message and the fields of child loggers pass no formatter on their way. */
function scrubbed(outlet: pino.DestinationStream, scrub: Scrub): pino.DestinationStream {
  return { write: (line) => outlet.write(`${JSON.stringify(scrub.value(JSON.parse(line)))}\n`) }
}
