import { sql, type SQL } from 'drizzle-orm'

// What the worker's measures, the deeds and the pages must judge alike. Each takes the aliases under which its tables stand in a statement;
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

/** What row `step` of the next actions says was taken back right after it. */
export const takenBack = (step: SQL): SQL => sql`exists (
  select from next_actions u
  where u.tenant_id = ${step}.tenant_id and u.opportunity_id = ${step}.opportunity_id and u.number = ${step}.number + 1 and u.how = 'undone')`

/**
 * The number of the row of the next actions that holds where `number` is the last one: neither what was taken back nor the taking back,
 * but what was planned or said before and holds again; null where that is nothing. Its write to the CRM is the one that counts.
 */
export const rowInForce = (opportunity: SQL, number: SQL): SQL => sql`(
  select r.number from next_actions r
  where r.opportunity_id = ${opportunity} and r.number <= ${number} and r.how <> 'undone' and (r.number = ${number} or not ${takenBack(sql`r`)})
  order by r.number desc limit 1)`
