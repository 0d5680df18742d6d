import { Agent, request, type IncomingHttpHeaders } from 'node:http'
import { startSimulator, type AccountOptions, type Simulator } from '../../simulator/main.ts'

/** What came back, byte for byte: nothing inflated, nothing followed. `error` is the socket's complaint, if any. */
export type Visit = {
  status: number
  headers: IncomingHttpHeaders
  bytes: Buffer
  error: string | null
  ms: number
}

/** The account most tests look at. */
export const rosewood: AccountOptions = {
  webKey: 'CT_rosewood',
  accessToken: 'token-1',
  seed: 7,
  people: 250,
}
/** A second franchise of the same enterprise. */
export const larkspur: AccountOptions = {
  webKey: 'CT_larkspur',
  accessToken: 'token-1',
  seed: 8,
  people: 120,
}

/** A simulator with both accounts, nothing changing by itself. */
export function startQuiet(more: Partial<AccountOptions> = {}): Promise<Simulator> {
  const accounts = [rosewood, larkspur].map((account) => ({ ...account, changesPerDay: 0, ...more }))
  return startSimulator({ accounts })
}

/** A GET as Rosewood, unless headers say otherwise. */
export function visit(
  simulator: Simulator,
  path: string,
  headers: Record<string, string> = { 'X-Web-Key': rosewood.webKey, 'X-Access-Token': rosewood.accessToken },
): Promise<Visit> {
  const startedAt = performance.now()
  const agent = new Agent({ keepAlive: false })
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let seen: Pick<Visit, 'status' | 'headers'> = { status: 0, headers: {} }
    const finish = (error: string | null) =>
      resolve({ ...seen, bytes: Buffer.concat(chunks), error, ms: performance.now() - startedAt })
    const asked = request(
      new URL(path, simulator.baseUrl),
      { agent, headers, maxHeaderSize: 65_536 },
      (response) => {
        seen = { status: response.statusCode ?? 0, headers: response.headers }
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => finish(null))
        response.on('error', (error) => finish(error.message))
      },
    )
    asked.on('error', (error) => finish(error.message)).end()
  })
}

/** An envelope as this wire sends it. */
export type Envelope = {
  ResultCode?: string
  resultCode?: string
  Message: string
  TotalRecord: number
  data: Record<string, string>[]
  client_id?: false
}

/** The parsed envelope of a GET. */
export async function read(simulator: Simulator, path: string): Promise<Envelope> {
  const { bytes } = await visit(simulator, path)
  return JSON.parse(bytes.toString()) as Envelope
}

/** Every row of a list, read by offset until the total is reached. */
export async function readAll(simulator: Simulator, operation: string): Promise<Record<string, string>[]> {
  const rows: Record<string, string>[] = []
  for (;;) {
    const page = await read(simulator, `${operation}?limit=100&offset=${rows.length}`)
    rows.push(...page.data)
    if (rows.length >= page.TotalRecord || page.data.length === 0) return rows
  }
}
