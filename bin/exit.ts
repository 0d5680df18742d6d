/** What the command line says to the shell. */
export const exitCodes = { success: 0, failed: 1, usage: 2, suspect: 3, partial: 4 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

const byGravity: readonly ExitCode[] = [
  exitCodes.success,
  exitCodes.partial,
  exitCodes.suspect,
  exitCodes.failed,
]

/** The gravest of several ends: failed before suspect before partial before success. Without any: success. */
export function gravest(codes: readonly ExitCode[]): ExitCode {
  return byGravity.findLast((code) => codes.includes(code)) ?? exitCodes.success
}

/** Ends a command with a message for people: what is wrong, where, what to do. Nothing else is printed. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode = exitCodes.failed, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** A refusal because of how the command was called. */
export const misuse = (message: string): Refusal => new Refusal(message, exitCodes.usage)
