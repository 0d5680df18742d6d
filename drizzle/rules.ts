import { sql, type SQL } from 'drizzle-orm'

// What the worker's measures and the pages must judge alike. Each takes the aliases under which its tables stand in a statement;
// a stage is joined from the left, so that records without one, or in one that is not listed, are judged too.

/**
 * Qualified is a lead of the kind that the account counts, in a stage that is still in play. A stage that is not listed counts as
 * in play.
 */
export const isQualified = (lead: string, stage: string): SQL =>
  sql.raw(`(${lead}.is_prospect and coalesce(${stage}.is_active, true))`)

/** How likely an opportunity is, 0 to 1: by its own record, else by its stage; null where neither says. */
export const likelihoodOf = (opportunity: string, stage: string): SQL =>
  sql.raw(`coalesce(${opportunity}.probability, ${stage}.probability)`)
