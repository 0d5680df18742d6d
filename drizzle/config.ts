import { readFileSync } from 'node:fs'
import { validate } from 'node-cron'
import { z } from 'zod'

const port = z.coerce.number().int().min(0).max(65_535)
const secret = z
  .string()
  .refine(
    (value) => Buffer.byteLength(value) >= 32,
    'must be at least 32 bytes; make one with: openssl rand -hex 32',
  )
const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\/.+/, 'must look like postgres://user:password@host:5432/database')
const flag = z.enum(['true', 'false']).transform((word) => word === 'true')

const word = z.string().min(1).optional()
const appId = (crm: string) =>
  word.describe(`Of the worker: lets people connect ${crm} by consent to this app of yours`)
const appSecret = (name: string) => word.describe(`Of the worker: belongs to ${name}_APP_CLIENT_ID`)
const appUrl = (crm: string) =>
  z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(`Where consent to the app is asked for, when not at ${crm}'s own address, such as a sandbox`)

/** Every variable that Tidemark reads from the environment, with its meaning and its default. */
export const environment = z.object({
  DATABASE_URL: postgresUrl
    .optional()
    .describe('Where Postgres (15 or newer) is; unset: an embedded one is started in the data directory'),
  DATABASE_REPLICA_URL: postgresUrl
    .optional()
    .describe(
      'Of the web: a streaming replica of that Postgres, from which lists are read while it keeps up',
    ),
  DATABASE_POOL: z.coerce
    .number()
    .int()
    .min(2)
    .max(200)
    .default(10)
    .describe(
      'Of the web: how many connections to Postgres it holds at most; idle ones are closed after ten seconds',
    ),
  PORT: port.default(4321).describe('Port of the web pages'),
  HOST: z.string().min(1).default('127.0.0.1').describe('Address the web pages listen on'),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Address people use, when it differs from HOST and PORT'),
  TIDEMARK_DATA_DIR: z
    .string()
    .min(1)
    .default('.tidemark')
    .describe('Directory of the embedded database and of the kept secret'),
  TIDEMARK_SECRET: secret
    .optional()
    .describe(
      'Opens the sealed CRM credentials, in the worker alone; made and kept in the data directory when Postgres is embedded',
    ),
  TIDEMARK_OLD_SECRETS: z
    .string()
    .transform((list) => list.split(/[\s,]+/).filter((word) => word !== ''))
    .pipe(z.array(secret))
    .optional()
    .describe(
      'Former values of TIDEMARK_SECRET, by commas, until `tidemark secrets rotate` has sealed everything anew',
    ),
  TIDEMARK_WEB_SECRET: secret
    .optional()
    .describe(
      'Signs sessions and tokens, in the web alone; made and kept in the data directory when Postgres is embedded',
    ),
  TRUSTED_PROXIES: z
    .string()
    .transform((list) => list.split(/[\s,]+/).filter((word) => word !== ''))
    .pipe(
      z.array(
        z.union(
          [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
          'must be addresses or networks such as 10.0.0.0/8',
        ),
      ),
    )
    .default([])
    .describe('Addresses of the proxies in front of the web, whose X-Forwarded-For is believed'),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\/.+/, 'must look like smtps://user:password@host:465')
    .optional()
    .describe('Where mail goes out; unset: links that would be mailed are logged'),
  MAIL_FROM: z
    .string()
    .regex(/@/, 'must be an address such as Tidemark <sync@example.com>')
    .default('Tidemark <tidemark@localhost>')
    .describe('Sender of mails'),
  ALERT_EMAIL: z
    .email()
    .optional()
    .describe(
      'Of the web: who is mailed when data grows late or a CRM takes our key no more; needs SMTP_URL',
    ),
  ALERT_WEBHOOK_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Of the web: an address that is told so as JSON, such as an incoming webhook of Slack'),
  GOOGLE_CLIENT_ID: z.string().min(1).optional().describe('Lets people sign in with Google'),
  GOOGLE_CLIENT_SECRET: z.string().min(1).optional().describe('Belongs to GOOGLE_CLIENT_ID'),
  MICROSOFT_CLIENT_ID: z.string().min(1).optional().describe('Lets people sign in with Microsoft'),
  MICROSOFT_CLIENT_SECRET: z.string().min(1).optional().describe('Belongs to MICROSOFT_CLIENT_ID'),
  MICROSOFT_TENANT_ID: z
    .guid()
    .optional()
    .describe('The directory whose accounts may sign in with Microsoft; needed with MICROSOFT_CLIENT_ID'),
  SALESFORCE_CLIENT_ID: z.string().min(1).optional().describe('Lets people sign in with Salesforce'),
  SALESFORCE_CLIENT_SECRET: z.string().min(1).optional().describe('Belongs to SALESFORCE_CLIENT_ID'),
  SALESFORCE_LOGIN_URL: z
    .url({ protocol: /^https$/ })
    .default('https://login.salesforce.com')
    .describe('Where Salesforce signs people in: a My Domain address, or https://test.salesforce.com'),
  OIDC_ISSUER: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Another OpenID Connect provider that people may sign in with'),
  OIDC_CLIENT_ID: z.string().min(1).optional().describe('Belongs to OIDC_ISSUER'),
  OIDC_CLIENT_SECRET: z.string().min(1).optional().describe('Belongs to OIDC_ISSUER'),
  OIDC_NAME: z.string().min(1).default('single sign-on').describe('What the button of OIDC_ISSUER says'),
  HUBSPOT_APP_CLIENT_ID: appId('HubSpot'),
  HUBSPOT_APP_CLIENT_SECRET: appSecret('HUBSPOT'),
  HUBSPOT_APP_URL: appUrl('HubSpot'),
  PIPEDRIVE_APP_CLIENT_ID: appId('Pipedrive'),
  PIPEDRIVE_APP_CLIENT_SECRET: appSecret('PIPEDRIVE'),
  PIPEDRIVE_APP_URL: appUrl('Pipedrive'),
  SALESFORCE_APP_CLIENT_ID: appId('Salesforce'),
  SALESFORCE_APP_CLIENT_SECRET: appSecret('SALESFORCE'),
  SALESFORCE_APP_URL: appUrl('Salesforce'),
  METRICS_TOKEN: z
    .string()
    .min(16)
    .optional()
    .describe('Bearer token of /metrics; unset: /metrics answers this machine alone'),
  TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: flag
    .default(false)
    .describe('true lets connections point at private and loopback addresses (demo and tests only)'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
    .default('info')
    .describe('How much is logged'),
  SYNC_CRON: z
    .string()
    .refine((expression) => validate(expression), 'must be a cron expression such as 0 * * * *')
    .default('0 * * * *')
    .describe('When runs are due, in UTC'),
  SYNC_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('Connections synced at once by one worker'),
  STALE_AFTER_MINUTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(120)
    .describe('Age at which data is called stale'),
})

/** Variables that mean something only together. */
const together: readonly (readonly (keyof Config)[])[] = [
  ['GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET'],
  ['MICROSOFT_CLIENT_ID', 'MICROSOFT_CLIENT_SECRET', 'MICROSOFT_TENANT_ID'],
  ['SALESFORCE_CLIENT_ID', 'SALESFORCE_CLIENT_SECRET'],
  ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'],
  ['HUBSPOT_APP_CLIENT_ID', 'HUBSPOT_APP_CLIENT_SECRET'],
  ['PIPEDRIVE_APP_CLIENT_ID', 'PIPEDRIVE_APP_CLIENT_SECRET'],
  ['SALESFORCE_APP_CLIENT_ID', 'SALESFORCE_APP_CLIENT_SECRET'],
]

export type Config = z.infer<typeof environment>

/** Secrets that may be given as a file, for container secret mounts. */
export const fileVariables = [
  'DATABASE_URL',
  'DATABASE_REPLICA_URL',
  'TIDEMARK_SECRET',
  'TIDEMARK_OLD_SECRETS',
  'TIDEMARK_WEB_SECRET',
  'SMTP_URL',
  'ALERT_WEBHOOK_URL',
  'GOOGLE_CLIENT_SECRET',
  'MICROSOFT_CLIENT_SECRET',
  'SALESFORCE_CLIENT_SECRET',
  'OIDC_CLIENT_SECRET',
  'HUBSPOT_APP_CLIENT_SECRET',
  'PIPEDRIVE_APP_CLIENT_SECRET',
  'SALESFORCE_APP_CLIENT_SECRET',
  'METRICS_TOKEN',
] as const

/** Thrown when the environment is not usable; the message lists everything that is wrong, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Reads the configuration out of an environment such as `process.env`.
 * `NAME_FILE` may stand for `NAME` where the value is a secret. Throws `ConfigError` listing everything wrong at once.
 */
export function readConfig(source: Record<string, string | undefined>): Config {
  const given: Record<string, string | undefined> = {}
  const problems: string[] = []
  for (const name of Object.keys(environment.shape))
    given[name] = source[name] === '' ? undefined : source[name]
  for (const name of fileVariables) {
    const path = source[`${name}_FILE`]
    if (!path) continue
    if (given[name] !== undefined) problems.push(`${name} and ${name}_FILE are both set: keep one`)
    try {
      given[name] = readFileSync(path, 'utf8').trim()
    } catch (error) {
      problems.push(
        `${name}_FILE: cannot read ${path} (${error instanceof Error ? error.message : 'unknown reason'})`,
      )
    }
  }
  const result = environment.safeParse(given)
  // A secret's value never appears in the message, only its name and what is wrong with it.
  for (const issue of result.error?.issues ?? []) problems.push(`${issue.path.join('.')}: ${issue.message}`)
  for (const group of together) {
    const missing = group.filter((name) => given[name] === undefined)
    if (missing.length > 0 && missing.length < group.length)
      problems.push(
        `${missing.join(', ')}: missing, needed with ${group.filter((name) => !missing.includes(name)).join(', ')}`,
      )
  }
  if (given['ALERT_EMAIL'] !== undefined && given['SMTP_URL'] === undefined)
    problems.push('SMTP_URL: missing, needed with ALERT_EMAIL')
  if (!result.success || problems.length > 0) {
    throw new ConfigError(
      `The environment is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    )
  }
  return result.data
}
