import type { Config } from '../../drizzle/config.ts'
import type { AlertKind, AlertWay } from '../../drizzle/schema/alerts.ts'
import type { Mailer } from '../identity/mail.ts'

/** An alert as it is told: nothing of what the CRM holds. `url` is the page that shows how the sync stands. */
export type Told = {
  id: string
  kind: AlertKind
  beganAt: Date
  endedAt: Date | null
  workspace: string
  connection: { id: string; name: string; crm: string }
  sentence: string
  url: string
}

/** `text` is the whole of it, for people; `alerts` are for programs. */
export type Message = { subject: string; text: string; alerts: readonly Told[] }

/** A way to tell operators something. Throws when they were not told. */
export type Way = { name: AlertWay; tell: (message: Message) => Promise<void> }

const patienceMs = 10_000

/** The ways that this installation is set up for; none is fine, the log tells in any case. */
export function alertWays(
  { ALERT_WEBHOOK_URL: address, ALERT_EMAIL: to }: Pick<Config, 'ALERT_WEBHOOK_URL' | 'ALERT_EMAIL'>,
  mail: Mailer,
): Way[] {
  const ways: Way[] = []
  if (address !== undefined) ways.push({ name: 'webhook', tell: (message) => post(address, message) })
  if (to !== undefined)
    ways.push({
      name: 'mail',
      tell: ({ subject, text }) => mail.send({ to, subject: `Tidemark: ${subject}`, text }),
    })
  return ways
}

/**
 * `text` is what Slack, Mattermost and their like show (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
 * read 2026-11-22); programs read `alerts`. An answer other than 2xx, or none within ten seconds, is an error.
 */
async function post(address: string, { text, alerts }: Message): Promise<void> {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text, alerts: alerts.map(asJson) }),
    redirect: 'error',
    signal: AbortSignal.timeout(patienceMs),
  }).catch((error: unknown) => {
    // What stands in the address may open something, and must not reach the log.
    throw new Error(`the address of ALERT_WEBHOOK_URL was not reached (${reasonOf(error)})`)
  })
  await answer.body?.cancel()
  if (!answer.ok) throw new Error(`the address of ALERT_WEBHOOK_URL answered with ${answer.status}`)
}

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.name) : 'unknown'
}

const asJson = ({ beganAt, endedAt, ...rest }: Told) => ({
  ...rest,
  event: endedAt === null ? 'began' : 'ended',
  began_at: beganAt.toISOString(),
  ended_at: endedAt?.toISOString() ?? null,
})

/** Several alerts in one message: what is new first, then what is over. */
export function messageOf(alerts: readonly Told[]): Message {
  const sorted = [...alerts].sort((a, b) => Number(a.endedAt !== null) - Number(b.endedAt !== null))
  const text = sorted.map(({ sentence, url }) => `${sentence}\n${url}`).join('\n\n')
  return { subject: headline(sorted), text, alerts: sorted }
}

function headline(alerts: readonly Told[]): string {
  const [first, ...others] = alerts
  if (first !== undefined && others.length === 0) return first.sentence
  const begun = alerts.filter(({ endedAt }) => endedAt === null).length
  return begun === 0
    ? `${alerts.length} connections are well again`
    : `${begun} ${begun === 1 ? 'connection needs' : 'connections need'} a look`
}
