import { sql, type SQL } from 'drizzle-orm'
import { takenBack } from '../../drizzle/rules.ts'

/**
 * The last real contact about each row of `page`, by its `contact_id` and by the column that names its opportunity: the newest note,
 * or the newest activity that was done, there or here (a next action that was completed and not taken back); nothing that lies
 * ahead, and no mere edit of a record. One row per contact and per opportunity, named `of`, with `at` and `by`.
 */
export function lastTouches(now: Date, opportunity: SQL = sql`id`): SQL {
  const notes = (of: SQL, among: SQL) => sql`
    select ${of} as "of", max(n.noted_at) as at, 'note' as by from notes n
      where ${of} in (${among}) and n.deleted_at is null and n.noted_at <= ${now} group by ${of}`
  const activities = (of: SQL, among: SQL) => sql`
    select ${of} as "of", max(coalesce(v.completed_at, v.due_at)) as at, 'activity' as by from activities v
      where ${of} in (${among}) and v.deleted_at is null and v.is_done and coalesce(v.completed_at, v.due_at) <= ${now} group by ${of}`
  const steps = sql`
    select m.opportunity_id as "of", max(m.made_at) as at, 'activity' as by from next_actions m
      where m.opportunity_id in (select ${opportunity} from page) and m.how = 'completed' and m.made_at <= ${now}
        and not ${takenBack(sql`m`)}
      group by m.opportunity_id`
  const contacts = sql`select contact_id from page`
  const opportunities = sql`select ${opportunity} from page`
  return sql`
    select distinct on (t."of") t."of", t.at, t.by from (
      ${notes(sql`n.contact_id`, contacts)} union all ${activities(sql`v.contact_id`, contacts)}
      union all ${notes(sql`n.opportunity_id`, opportunities)} union all ${activities(sql`v.opportunity_id`, opportunities)}
      union all ${steps}
    ) as t
    order by t."of", t.at desc`
}
