import type { ServerResponse } from 'node:http'

/** An answer before it is sent. `deliver` replaces the ordinary sending; it must end or destroy the response itself. */
export type Reply = {
  status: number
  headers: Record<string, string>
  body: Buffer
  deliver?: (response: ServerResponse, reply: Reply) => void
}

/** A JSON answer; the text is sent as it is. */
export function jsonReply(text: string | Buffer, status = 200): Reply {
  return { status, headers: { 'Content-Type': 'application/json' }, body: Buffer.from(text) }
}

/** Sends the answer as an ordinary server would: one write, with its length. */
export function send(response: ServerResponse, reply: Reply): void {
  if (reply.deliver) return reply.deliver(response, reply)
  const hasBody = reply.status !== 204 && reply.status !== 304
  response.writeHead(
    reply.status,
    hasBody ? { ...reply.headers, 'Content-Length': reply.body.length } : reply.headers,
  )
  response.end(hasBody ? reply.body : undefined)
}
