import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export type Letter = { from: string; to: string[]; text: string }

export type Smtp = { url: string; letters: Letter[]; close: () => Promise<void> }

/** The only user that a mail server with `asksForLogin` lets in. */
const login = { username: 'tidemark', password: 'of the mail' }

/** A real mail server on this machine. What it takes is kept; a mailbox that `isFull` takes nothing. */
export async function startSmtp({
  asksForLogin = false,
  isFull = () => false,
}: { asksForLogin?: boolean; isFull?: (address: string) => boolean } = {}): Promise<Smtp> {
  const letters: Letter[] = []
  const server = new SMTPServer({
    authOptional: !asksForLogin,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, done) =>
      username === login.username && password === login.password
        ? done(null, { user: username })
        : done(new Error('Invalid username or password')),
    onRcptTo: ({ address }, _session, done) => done(isFull(address) ? new Error('mailbox full') : null),
    onData: (stream, { envelope: { mailFrom, rcptTo } }, done) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        letters.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          text: decoded(Buffer.concat(parts).toString()),
        })
        done()
      })
    },
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.server.address() as AddressInfo
  const user = asksForLogin ? `${login.username}:${encodeURIComponent(login.password)}@` : ''
  return {
    url: `smtp://${user}127.0.0.1:${port}`,
    letters,
    close: () => new Promise<void>((done) => server.close(() => done())),
  }
}

/** Quoted-printable, as mail comes. */
const decoded = (text: string) =>
  text
    .replaceAll('=\r\n', '')
    .replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
