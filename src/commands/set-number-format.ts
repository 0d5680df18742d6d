import { sql, type Tx } from '../../drizzle/db.ts'
import { numberFormats, type NumberFormat } from '../../drizzle/schema/index.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export type SetNumberFormatOutcome = 'set' | 'unchanged' | 'unknown'

/** Says how numbers are written on the pages of this workspace; what is no format is `unknown`, and changes nothing. */
export async function setNumberFormat(
  tx: Tx,
  by: Actor,
  before: NumberFormat,
  given: string,
): Promise<SetNumberFormatOutcome> {
  const format = numberFormats.find((one) => one === given)
  if (format === undefined) return 'unknown'
  const { rowCount } = await tx.execute(
    sql`update tenants set number_format = ${format} where id = app.tenant_id() and number_format <> ${format}`,
  )
  if (rowCount === 0) return 'unchanged'
  await recordDeed(tx, by, {
    deed: 'number_format_set',
    target: 'how numbers are written',
    before: { format: before },
    after: { format },
  })
  return 'set'
}
