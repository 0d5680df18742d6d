import { pino } from 'pino'
import type { Config } from '../../drizzle/config.ts'
import { startMail } from '../../src/identity/mail.ts'
import { alertWays } from '../../src/server/alert-ways.ts'
import { failed, noticed, ok, type Finding } from './finding.ts'

const trial = {
  subject: 'a trial',
  text: 'This is a trial of `tidemark doctor --tell`. Whoever reads it is told when data grows late or a CRM takes our key no more.',
  alerts: [],
}

/** Sends a trial by each way in which operators are told of alerts. */
export async function tryAlertWays(config: Config): Promise<Finding[]> {
  const mail = startMail(config, pino({ level: 'silent' }))
  const ways = alertWays(config, mail)
  if (ways.length === 0)
    return [noticed('alerts', 'nobody is told', 'Set ALERT_WEBHOOK_URL, or ALERT_EMAIL and SMTP_URL.')]
  const findings = await Promise.all(
    ways.map(({ name, tell }) =>
      tell(trial).then(
        () => ok(`alerts by ${name}`, 'a trial was sent'),
        (error: unknown) =>
          failed(
            `alerts by ${name}`,
            error instanceof Error ? error.message : 'the trial was not taken',
            `Correct ${name === 'mail' ? 'SMTP_URL or ALERT_EMAIL' : 'ALERT_WEBHOOK_URL'}, and try again.`,
          ),
      ),
    ),
  )
  mail.close()
  return findings
}
