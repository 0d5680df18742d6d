import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that answers as a test says, and remembers what it was asked. */
export type StubCrm = {
  url: string
  requests: { path: string; headers: IncomingMessage['headers']; atMs: number }[]
  close: () => Promise<void>
}

type Answer = (response: ServerResponse, path: string, nth: number) => void

export async function startStub(answer: Answer, host = '127.0.0.1'): Promise<StubCrm> {
  const requests: StubCrm['requests'] = []
  const server = createServer((request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers, atMs: performance.now() })
    answer(response, request.url ?? '', requests.length)
  })
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host}:${port}/v2/api/`,
    requests,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A good list, of these rows. */
export const listOf = (...data: unknown[]): string =>
  JSON.stringify({ ResultCode: 'CT_200', Message: 'Success', TotalRecord: data.length, data })

export const sendJson = (response: ServerResponse, body: string, status = 200, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
}
