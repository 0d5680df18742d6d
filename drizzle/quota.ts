import { sql, type SQL } from 'drizzle-orm'

/** SQL: the day that a quota counts at this moment, in its zone. */
export const quotaDay = (zone: SQL): SQL => sql`(clock_timestamp() at time zone ${zone})::date`

/** SQL: the instant at which a day of a zone begins. */
export const beginOfDay = (day: SQL, zone: SQL): SQL => sql`(${day}::timestamp at time zone ${zone})`

/** SQL: the limit of a day as the CRM told a connection last, on whichever day: a new day begins with it, until the CRM tells another. */
export const lastTold = (tenantId: SQL, connectionId: SQL): SQL => sql`(
  select t.told_limit from quota_days t
  where t.tenant_id = ${tenantId} and t.connection_id = ${connectionId} and t.told_limit is not null order by t.day desc limit 1)`
