import type { Socket } from 'node:net'
import { guardedConnector, PrivateAddressError } from './address.ts'
import { FatalError, RetriableError, type SyncError } from './errors.ts'

/** What the failures of a first contact are called by people. */
const words: Record<string, string> = {
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be looked up at the moment',
  ECONNREFUSED: 'nothing answers there',
  ECONNRESET: 'it hung up',
  EHOSTUNREACH: 'there is no way there',
  ENETUNREACH: 'there is no way there',
  ETIMEDOUT: 'it does not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer in time',
}

/**
 * Opens a connection to the host of an address, over TLS where the address says so, and closes it. Answers how long that took, in
 * milliseconds. Throws a `SyncError` with words for people.
 */
export async function reach(baseUrl: string, allowPrivate: boolean): Promise<number> {
  const url = new URL(baseUrl)
  const startedMs = performance.now()
  const socket = await new Promise<Socket>((resolve, reject) => {
    guardedConnector(allowPrivate)(
      {
        hostname: url.hostname,
        host: url.host,
        protocol: url.protocol,
        port: url.port || (url.protocol === 'https:' ? '443' : '80'),
      },
      (...[error, opened]) => {
        // A failed attempt leaves the second argument out, whatever its type says.
        if (error) reject(faultOf(error, url))
        else resolve(opened)
      },
    )
  })
  socket.destroy()
  return Math.round(performance.now() - startedMs)
}

function faultOf(error: Error, { host }: URL): SyncError {
  if (error instanceof PrivateAddressError)
    return new FatalError('E_SETTINGS', error.message, { cause: error })
  const { code = '' } = error as NodeJS.ErrnoException
  const said = words[code] ?? (error.message || code)
  return new RetriableError('E_CRM_DOWN', `${host} was not reached: ${said}`, undefined, { cause: error })
}
