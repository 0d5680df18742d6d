import { sql } from 'drizzle-orm'
import { StreamError } from './errors.ts'
import type { ExtractedPage } from './extract.ts'
import type { Run, StreamPass } from './run.ts'

/**
 * Notes what a page says was kept from us. Single records are left as they are. Of a part of the list it counts when records of that part are stored; it must be known before
 * the page lands: from then on a pass that breaks off begins anew, or nobody would know any more. Throws `StreamError` (`E_PERMISSION`) when
 * a field is no longer seen that was asked for in the last pass: an empty value would be taken for the truth. A person may say that both are gone.
 */
export async function noteHidden(
  run: Run,
  pass: StreamPass,
  { hiddenPrefix, fields, refused = [] }: ExtractedPage,
): Promise<void> {
  for (const field of fields?.seen ?? []) pass.fields.add(field)
  for (const sourceId of refused) pass.refused.add(sourceId)
  if (run.acceptAbsence) return
  const lost = fields?.unseen.filter((field) => pass.fieldsBefore.includes(field)) ?? []
  if (lost.length > 0)
    throw new StreamError(
      'E_PERMISSION',
      `${lost.join(', ')} can no longer be seen; what is stored stays as it was. Give it back in the CRM, or take it out of the field mapping; if it is gone for good, run: tidemark sync --accept-absence`,
    )
  if (hiddenPrefix !== undefined) pass.hidden ??= await storedWith(run, pass, hiddenPrefix)
}

/** The id of a stored record that begins like this. */
function storedWith(run: Run, { stream }: StreamPass, prefix: string): Promise<string | null> {
  return run.database.asTenant(run.tenantId, async (tx) => {
    const { rows } = await tx.execute<{ source_id: string }>(sql`
      select source_id from ${sql.identifier(stream.tables[0])}
      where tenant_id = ${run.tenantId} and connection_id = ${run.connectionId} and deleted_at is null
        and starts_with(source_id, ${prefix}) limit 1`)
    return rows[0]?.source_id ?? null
  })
}

/**
 * Throws `StreamError` (`E_PERMISSION`) when a part with stored records was kept from us: whoever's access it is saw them once, and
 * nothing may be called current that is only hidden.
 */
export function refuseHidden({ hidden }: StreamPass): void {
  if (hidden === null) return
  throw new StreamError('E_PERMISSION', `stored records can no longer be seen, such as ${hidden}`)
}
