import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { numberOf, type Effect } from './fault-effect.ts'
import type { Reply } from './reply.ts'

/** Faults of the bytes on the wire; the answer itself is good. */
export const deliveryFaults = {
  'slow-answer': {
    after: (reply, _exchange, firing) => {
      const ms = numberOf(firing, 'ms', 3000)
      return deliver(reply, (response) => {
        const answer = () => {
          if (!response.destroyed) response.writeHead(reply.status, withLength(reply)).end(reply.body)
        }
        sleep(ms, undefined, { signal: firing.takenDown, ref: false }).then(answer, answer)
      })
    },
  },
  'slow-drip': {
    after: (reply, _exchange, firing) =>
      deliver(reply, (response) => drip(response, reply, numberOf(firing, 'ms', 50))),
  },
  'never-answers': { after: (reply) => deliver(reply, () => {}) },
  'never-arrives': { standsBefore: true, after: (reply) => deliver(reply, () => {}) },
  'hung-up': { after: (reply) => deliver(reply, (response) => response.destroy()) },
  'cut-body': {
    after: (reply) =>
      deliver(reply, (response) => {
        response.writeHead(reply.status, withLength(reply))
        response.write(firstHalf(reply.body), () => response.socket?.end())
      }),
  },
  'reset-while-chunked': {
    after: (reply) =>
      deliver(reply, (response) => {
        response.writeHead(reply.status, reply.headers)
        // A reset may overtake bytes still on their way, so the reader gets a moment to see the first half.
        response.write(firstHalf(reply.body), () => setTimeout(() => response.socket?.resetAndDestroy(), 20))
      }),
  },
  'truncated-gzip': { after: (reply) => zipped(reply, firstHalf(gzipSync(reply.body))) },
  'gzip-bomb': {
    after: (reply, _exchange, firing) => {
      const spaces = numberOf(firing, 'megabytes', 200) * 1_000_000
      const inflated = Buffer.alloc(spaces + reply.body.length, ' ')
      reply.body.copy(inflated, spaces)
      return zipped(reply, gzipSync(inflated, { level: 1 }))
    },
  },
  'huge-headers': {
    after: (reply) => ({ ...reply, headers: { ...reply.headers, 'X-Trace': 'x'.repeat(20_000) } }),
  },
  'many-headers': {
    after: (reply) => {
      const many = Array.from({ length: 100 }, (_, i) => [`X-Trace-${i}`, 'x'.repeat(200)])
      return { ...reply, headers: { ...reply.headers, ...Object.fromEntries(many) } }
    },
  },
} satisfies Record<string, Effect>

function deliver(reply: Reply, how: (response: ServerResponse) => void): Reply {
  return { ...reply, deliver: how }
}

function drip(response: ServerResponse, reply: Reply, ms: number): void {
  response.writeHead(reply.status, withLength(reply))
  let sent = 0
  const timer = setInterval(() => {
    response.write(reply.body.subarray(sent, sent + 1))
    sent += 1
    if (sent >= reply.body.length) response.end()
  }, ms)
  response.on('close', () => clearInterval(timer))
}

function withLength(reply: Reply): Record<string, string> {
  return { ...reply.headers, 'Content-Length': String(reply.body.length) }
}

function firstHalf(body: Buffer): Buffer {
  return body.subarray(0, Math.floor(body.length / 2))
}

function zipped(reply: Reply, body: Buffer): Reply {
  return { ...reply, headers: { ...reply.headers, 'Content-Encoding': 'gzip' }, body }
}
