/** Writes a line of the answer. */
export const print = (line: string): void => void process.stdout.write(`${line}\n`)

/** Writes a line beside the answer: what programs that read it need not see. */
export const warn = (line: string): void => void process.stderr.write(`${line}\n`)
