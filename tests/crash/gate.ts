import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Messages, readBind, readParse, readQuery, type Message } from './wire.ts'

/** A statement on its way to Postgres. `transaction` is what its transaction has said before it, oldest first. */
export type Statement = {
  name: string
  text: string
  values: readonly (string | null)[]
  transaction: readonly Statement[]
}

/**
 * Springs once, at the first statement that `matches`. `before`: the server has not seen it. `after`: the server has
 * carried it out and its answer is withheld. `delivered`: the answer is on its way to the client.
 */
export type Trap = {
  when: 'before' | 'after' | 'delivered'
  matches: (statement: Statement) => boolean
  /** `release` lets go of what was held; `cut` ends the session on both sides instead. */
  spring: (held: { release: () => void; cut: () => void }) => void
}

/** A door in front of Postgres for one worker process. What goes through is seen and can be stopped at a named place. */
export class Gate {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #trap: Trap | null = null

  private constructor(target: URL) {
    this.#server = createServer((client) => this.#pass(client, target))
  }

  static async open(target: URL): Promise<Gate> {
    const gate = new Gate(target)
    gate.#server.listen(0, '127.0.0.1')
    await once(gate.#server, 'listening')
    return gate
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  set(trap: Trap | null): void {
    this.#trap = trap
  }

  /** Ends every session at once, as the network does when a process dies. */
  shut(): void {
    this.#trap = null
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #pass(client: Socket, target: URL): void {
    const server = connect({ host: target.hostname, port: Number(target.port), noDelay: true })
    client.setNoDelay(true)
    const session = new Session(client, server, (statement) => this.#springs(statement))
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        server.destroy()
      })
    }
    client.on('data', (chunk: Buffer) => session.fromClient(chunk))
    server.on('data', (chunk: Buffer) => session.fromServer(chunk))
  }

  #springs(statement: Statement): Trap | null {
    const trap = this.#trap
    if (trap === null || !trap.matches(statement)) return null
    this.#trap = null
    return trap
  }
}

/**
 * One connection through the gate. A client may send statements ahead of the answers, so an answer is told by its number:
 * every Sync and every simple query has one ReadyForQuery, and the start of the session has the first.
 */
class Session {
  readonly #client: Socket
  readonly #server: Socket
  readonly #springs: (statement: Statement) => Trap | null
  readonly #said = new Messages('client')
  readonly #answered = new Messages('server')
  readonly #prepared = new Map<string, string>()
  #transaction: Statement[] | null = null
  #asked = 1
  #ready = 0
  #heldBack: Message[] | null = null
  #heldAnswer: Buffer[] | null = null
  #waiting: { trap: Trap; forAnswer: number } | null = null

  constructor(client: Socket, server: Socket, springs: (statement: Statement) => Trap | null) {
    this.#client = client
    this.#server = server
    this.#springs = springs
  }

  fromClient(chunk: Buffer): void {
    for (const message of this.#said.push(chunk)) this.#pass(message)
  }

  fromServer(chunk: Buffer): void {
    if (this.#heldAnswer === null) this.#client.write(chunk)
    else this.#heldAnswer.push(chunk)
    this.#ready += this.#answered.push(chunk).filter(({ type }) => type === 'Z').length
    if (this.#waiting === null || this.#ready < this.#waiting.forAnswer) return
    const { trap } = this.#waiting
    this.#waiting = null
    trap.spring(this.#hold())
  }

  #pass(message: Message): void {
    if (this.#heldBack !== null) {
      this.#heldBack.push(message)
      return
    }
    const trap = this.#look(message)
    if (trap?.when === 'before') {
      this.#heldBack = [message]
      trap.spring(this.#hold())
      return
    }
    if (trap) this.#waiting = { trap, forAnswer: this.#asked + 1 }
    if (trap?.when === 'after') this.#heldAnswer = []
    this.#server.write(message.bytes)
    if (message.type !== 'S' && message.type !== 'Q') return
    this.#asked += 1
    // What was sent ahead behind the statement in the trap stays here, so that the server stops exactly there.
    if (this.#heldAnswer !== null) this.#heldBack = []
  }

  #hold() {
    const release = () => {
      const [said, answer] = [this.#heldBack ?? [], this.#heldAnswer ?? []]
      this.#heldBack = null
      this.#heldAnswer = null
      for (const bytes of answer) this.#client.write(bytes)
      for (const message of said) this.#pass(message)
    }
    const cut = () => {
      this.#client.destroy()
      this.#server.destroy()
    }
    return { release, cut }
  }

  #look(message: Message): Trap | null {
    if (message.type === 'P') {
      const { name, text } = readParse(message)
      this.#prepared.set(name, text)
      return null
    }
    if (message.type !== 'B' && message.type !== 'Q') return null
    const statement = this.#statement(message)
    if (/^\s*begin/i.test(statement.text)) this.#transaction = []
    else if (/^\s*(commit|rollback)/i.test(statement.text)) this.#transaction = null
    else this.#transaction?.push(statement)
    return this.#springs(statement)
  }

  #statement(message: Message): Statement {
    const transaction = [...(this.#transaction ?? [])]
    if (message.type === 'Q') return { name: '', text: readQuery(message), values: [], transaction }
    const { name, values } = readBind(message)
    return { name, text: this.#prepared.get(name) ?? '', values, transaction }
  }
}
