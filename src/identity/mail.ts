import { createTransport } from 'nodemailer'
import type { Logger } from 'pino'
import type { Config } from '../../drizzle/config.ts'

/** A mail with one link to follow. */
export type Mail = { to: string; subject: string; text: string; link?: string }

export type Mailer = {
  /** Hands the mail over; a failure is logged and thrown. */
  send: (mail: Mail) => Promise<void>
  close: () => void
}

/** Sends by SMTP. Where none is configured the link goes to the log, marked as what it is, so that somebody can pass it on. */
export function startMail(
  { SMTP_URL, MAIL_FROM }: Pick<Config, 'SMTP_URL' | 'MAIL_FROM'>,
  log: Logger,
): Mailer {
  if (SMTP_URL === undefined) {
    return {
      send: async ({ to, subject, link }) =>
        log.warn({ to, subject, link }, 'mail.not_sent: SMTP_URL is not set, pass this link on yourself'),
      close: () => undefined,
    }
  }
  const transport = createTransport(SMTP_URL, {
    from: MAIL_FROM,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    send: async ({ to, subject, text, link }) => {
      const body = link === undefined ? text : `${text}\n\n${link}\n`
      // As an object it is one address, whatever is in it; as text it would be read as a list.
      await transport
        .sendMail({ to: { name: '', address: to }, subject, text: body })
        .catch((error: unknown) => {
          log.error({ err: error, to, subject }, 'mail.failed')
          throw error
        })
      log.info({ to, subject }, 'mail.sent')
    },
    close: () => transport.close(),
  }
}
