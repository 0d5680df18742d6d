import { sql, type SQL } from 'drizzle-orm'

/** SQL: the day that a quota counts at this moment, in its zone. */
export const quotaDay = (zone: SQL): SQL => sql`(clock_timestamp() at time zone ${zone})::date`

/** SQL: the instant at which a day of a zone begins. */
export const beginOfDay = (day: SQL, zone: SQL): SQL => sql`(${day}::timestamp at time zone ${zone})`
