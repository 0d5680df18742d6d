import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a CRM says. */
export type CrmAnswer = { status: number; headers: Record<string, string>; body: Buffer | string }
export type Crm = (path: string, headers: IncomingHttpHeaders) => Promise<CrmAnswer>

/** Springs once at the first request that `matches`: before the CRM sees it, or once its answer has been sent. */
export type CrmTrap = {
  when: 'before' | 'after'
  matches: (path: string) => boolean
  spring: (held: { release: () => void }) => void
}

/** The address that a connection calls; the CRM behind it can be stopped before or after any page. */
export class CrmGate {
  readonly #server: Server
  #trap: CrmTrap | null = null

  private constructor(crm: Crm) {
    this.#server = createServer((request, response) => {
      void (async () => {
        const path = request.url ?? '/'
        const trap = this.#springs(path)
        if (trap?.when === 'before') await new Promise<void>((release) => trap.spring({ release }))
        const { status, headers, body } = await crm(path, request.headers)
        response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
        if (trap?.when === 'after') {
          response.once('finish', () => setImmediate(() => trap.spring({ release: () => undefined })))
        }
      })().catch(() => response.destroy())
    })
  }

  static async open(crm: Crm): Promise<CrmGate> {
    const gate = new CrmGate(crm)
    gate.#server.listen(0, '127.0.0.1')
    await once(gate.#server, 'listening')
    return gate
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  set(trap: CrmTrap | null): void {
    this.#trap = trap
  }

  close(): void {
    this.#trap = null
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #springs(path: string): CrmTrap | null {
    const trap = this.#trap
    if (trap === null || !trap.matches(path)) return null
    this.#trap = null
    return trap
  }
}
