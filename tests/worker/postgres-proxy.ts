import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A proxy before Postgres. It can stop passing anything on without closing, as a half-open connection does, and lose answers. */
export async function startProxy(postgresUrl: string) {
  const target = new URL(postgresUrl)
  const sockets: Socket[] = []
  let isSilent = false
  let everyNth = 0
  let commits = 0
  let swallowed = 0

  /** The commit goes through to the server; whoever asked for it never hears. */
  const swallow = (near: Socket, far: Socket) => {
    swallowed += 1
    far.removeAllListeners('data')
    far.once('data', () => near.destroy())
  }
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    sockets.push(near, far)
    far.on('data', (bytes) => void (isSilent || near.write(bytes)))
    near.on('data', (bytes) => {
      if (isSilent) return
      if (everyNth > 0 && bytes.includes('commit\0') && ++commits % everyNth === 0) swallow(near, far)
      far.write(bytes)
    })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const)
      from.on('error', () => to.destroy()).on('close', () => to.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(postgresUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    fallSilent: () => {
      isSilent = true
    },
    /** From now on the answer to every `nth` commit is lost together with its connection. */
    swallowCommits: (nth: number) => {
      everyNth = nth
    },
    swallowed: () => swallowed,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
