import type { TestStep } from '../drizzle/schema/access.ts'
import { askPage } from './ask-page.ts'
import type { Page, Stream } from './connectors/connector.ts'
import { FatalError, PauseError, RetriableError, StoppedError, streamWord, SyncError } from './errors.ts'
import type { Fetcher } from './fetcher.ts'
import type { OpenConnection } from './open.ts'

export type Say = (step: TestStep) => Promise<void>

type Opened = Pick<OpenConnection, 'connector' | 'settings' | 'fetcher'>
type Outcome = Page | SyncError

/**
 * Asks for the first page of every stream, the connector's probe stream first, and says of each what came. Throws what leaves
 * nothing more to ask, at the `place` it had come to: that the CRM does not let us in, or does not answer.
 */
export async function askStreams(opened: Opened, say: Say, place: { name: string }): Promise<void> {
  const { connector, settings } = opened
  const { probe, label } = connector
  const streams = connector.streams.filter(({ isOffered }) => isOffered?.(settings) ?? true)
  const first = streams.find(({ name }) => name === probe)
  if (first === undefined) throw new Error(`${label} has no stream ${probe} to ask for`)
  const known = new Map<string, Outcome>([[first.name, await firstPage(opened, first, null)]])
  await say({ name: 'access', state: 'ok', words: 'Key accepted' })
  for (const stream of streams) {
    place.name = stream.name
    const parent = stream.parents && parentFor(opened, stream.parents.table, known)
    if (parent === null) {
      await say(step(stream, 'skipped', `read for each ${childOf(stream)}, and there is none to ask for`))
      continue
    }
    const outcome = known.get(stream.name) ?? (await firstPage(opened, stream, parent ?? null))
    known.set(stream.name, outcome)
    await say(outcome instanceof SyncError ? refusal(stream, outcome) : pageInWords(stream, outcome))
  }
}

/** The page, or what is wrong with this stream alone. */
async function firstPage(opened: Opened, stream: Stream<never>, parent: string | null): Promise<Outcome> {
  const { settings, fetcher } = opened
  const scanStart = new Date().toISOString()
  const pass = { scanStart, crmStart: scanStart, since: null, lastFullAt: null, parent }
  const cursor = stream.begin(pass, settings)
  try {
    return await pageWithItems(fetcher, stream, cursor, settings)
  } catch (error) {
    const endsAll =
      error instanceof FatalError ||
      error instanceof PauseError ||
      error instanceof RetriableError ||
      error instanceof StoppedError
    if (endsAll || !(error instanceof SyncError)) throw error
    return error
  }
}

/** Some lists begin with questions about the account; what is looked for is the first page that may hold records. */
const mostQuestions = 3

async function pageWithItems(
  fetcher: Fetcher,
  stream: Stream<never>,
  cursor: string,
  settings: never,
): Promise<Page> {
  let page = await askPage(fetcher, stream, cursor, settings)
  for (let asked = 1; asked < mostQuestions && page.items.length === 0 && page.next !== null; asked += 1)
    page = await askPage(fetcher, stream, page.next, settings)
  return page
}

/** The id of a record whose children can be asked for; null when none was seen. */
function parentFor(
  { connector, settings }: Opened,
  table: string,
  known: Map<string, Outcome>,
): string | null {
  const stream = connector.streams.find(({ tables }) => tables.some((name) => name === table))
  const page = stream && known.get(stream.name)
  if (stream === undefined || page === undefined || page instanceof SyncError) return null
  for (const item of page.items) {
    const id = isItem(item) ? stream.identify(item, settings) : null
    if (id !== null) return id
  }
  return null
}

const isItem = (item: unknown): item is Record<string, unknown> => typeof item === 'object' && item !== null

const childOf = ({ parents }: Stream<never>): string =>
  parents?.table === 'opportunities' ? 'opportunity' : 'contact'

function step({ name }: Stream<never>, state: TestStep['state'], words: string): TestStep {
  const word = streamWord(name)
  return { name, state, words: `${word.charAt(0).toUpperCase()}${word.slice(1)}: ${words}` }
}

function refusal(stream: Stream<never>, { code, message }: SyncError): TestStep {
  const words =
    code === 'E_PERMISSION' ? `refused, this key may not read ${streamWord(stream.name)}` : message
  return step(stream, 'failed', words)
}

function pageInWords(stream: Stream<never>, { items, total, next }: Page): TestStep {
  const count = (total ?? items.length).toLocaleString('en-US')
  const more = total === null && next !== null ? ' or more' : ''
  const whose = stream.parents === undefined ? '' : ` of the first ${childOf(stream)}`
  const strange = items.filter((item) => !stream.item.safeParse(item).success).length
  const odd = strange === 0 ? '' : `, ${strange} of the first ${items.length} not as documented`
  const state = strange > 0 && strange === items.length ? 'failed' : 'ok'
  return step(stream, state, `${count}${more}${whose}${odd}`)
}
