import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from '../exit.ts'

const mostTries = 20

/**
 * The port for the pages. One that somebody chose is taken or refused; from the default we move on to the next free
 * one. A program that was just killed may hold its port for a moment longer, hence the second look.
 */
export async function choosePort(
  { HOST, PORT }: { HOST: string; PORT: number },
  isChosen: boolean,
): Promise<{ port: number; taken: number | null }> {
  if (PORT === 0 || (await isFree(HOST, PORT))) return { port: PORT, taken: null }
  await sleep(1_000)
  if (await isFree(HOST, PORT)) return { port: PORT, taken: null }
  if (isChosen)
    throw new Refusal(`Another program listens on ${HOST}:${PORT}. Stop it, or set PORT to another number.`)
  for (let port = PORT + 1; port <= PORT + mostTries; port += 1)
    if (await isFree(HOST, port)) return { port, taken: PORT }
  throw new Refusal(
    `The ports ${PORT} to ${PORT + mostTries} of ${HOST} are all taken. Set PORT to a free one.`,
  )
}

/** Whether somebody could listen there. Throws a `Refusal` where the reason is not another program. */
export function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'EADDRINUSE') done(false)
      else
        fail(
          new Refusal(
            `Nobody can listen on ${host}:${port} (${code ?? message}). Set HOST and PORT to others.`,
          ),
        )
    })
    server.listen(port, host, () => server.close(() => done(true)))
  })
}
