import { hash } from 'node:crypto'
import type { Page, Stream } from './connectors/connector.ts'
import type { Answer, Fetcher } from './fetcher.ts'

/** One page of a stream with what the CRM answered, and the digest of its bytes (SHA-256, hex). */
export type AskedPage = Page & { answer: Answer; digest: string }

/** Beyond so many rounds of further questions something goes round in circles. */
const mostRounds = 100

/**
 * Asks for one page and for what completes it. Where a stream follows up, the answers become one: the list of their bodies, byte
 * for byte, in the order asked. Throws what the fetcher and the connector throw.
 */
export async function askPage(
  fetcher: Fetcher,
  stream: Stream<never>,
  cursor: string,
  settings: never,
): Promise<AskedPage> {
  const first = await fetcher.ask(stream.request(cursor, settings), stream.name)
  const answer =
    stream.follow === undefined ? first : joined(await followUp(fetcher, stream, cursor, settings, first))
  return {
    ...stream.page(answer.reply, cursor, settings),
    answer,
    digest: hash('sha256', answer.bytes, 'hex'),
  }
}

async function followUp(
  fetcher: Fetcher,
  stream: Stream<never>,
  cursor: string,
  settings: never,
  first: Answer,
): Promise<[Answer, ...Answer[]]> {
  const answers: [Answer, ...Answer[]] = [first]
  for (let round = 0; round < mostRounds; round += 1) {
    const replies = answers.map(({ reply }) => reply)
    const wanted = stream.follow?.(replies, cursor, settings) ?? []
    if (wanted.length === 0) break
    answers.push(...(await Promise.all(wanted.map((request) => fetcher.ask(request, stream.name)))))
  }
  return answers
}

/** Several answers as one, whose body is the list of theirs. */
function joined(answers: [Answer, ...Answer[]]): Answer {
  const [first] = answers
  const pieces = answers.flatMap(({ bytes }, place) => [place === 0 ? open : comma, bytes])
  return {
    ...first,
    reply: { ...first.reply, body: answers.map(({ reply }) => reply.body) },
    bytes: Buffer.concat([...pieces, close]),
  }
}

const [open, comma, close] = ['[', ',', ']'].map((sign) => Buffer.from(sign)) as [Buffer, Buffer, Buffer]
