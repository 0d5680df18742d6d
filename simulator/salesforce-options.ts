/** How one Salesforce org is set up. */
export type SalesforceOptions = {
  /** Currencies of a multi-currency org, by which records are dealt in turn; default: one currency, which no record names. */
  currencies?: string[]
  /** Requests that the org may make in 24 hours; default 15,000, as a developer edition. */
  dailyRequests?: number
  /** Requests that other integrations have made in the last 24 hours; default 0. */
  requestsOfOthers?: number
  /** Rows that an answer holds at most, whatever batch size is asked for: wide rows give fewer. Default 2,000. */
  rowsPerAnswer?: number
  /** Rows that a query may ask for by LIMIT before it runs for too long (`QUERY_TIMEOUT`); default any. */
  rowsInTime?: number
  /** Rows of one part of a bulk result at most; default 50,000. */
  rowsPerResult?: number
  /** Query jobs that may be made in a day; default 10,000. */
  bulkJobs?: number
  /** How often a bulk job is asked for before it is done; default 1. */
  bulkPolls?: number
  /** The public key (PEM) of the certificate that assertions are signed with, for logging in by JWT. */
  publicKey?: string
  /** The user that an assertion may speak for; default integration@example.org. */
  username?: string
}
