import type { APIRoute } from 'astro'
import { recordDeed } from '../../../../commands/record-deed.ts'
import { changesOf } from '../../../../domain/audit-changes.ts'
import { readAudit, type AuditFilter } from '../../../../queries/audit.ts'
import { auditFilterOf, auditQueryOf, auditWords } from '../../../../server/audit-filter.ts'
import { csvBody, csvLine } from '../../../../server/csv.ts'

const rowsAtOnce = 1_000

/** Every row of the audit log that the filter fits, as a table for spreadsheets. That somebody took it is a row itself. */
export const GET: APIRoute = async ({ locals, url }) => {
  const { asTenant, actor, workspace, now } = locals
  const filter = auditFilterOf(url.searchParams)
  const after = Object.fromEntries(auditQueryOf(filter))
  await asTenant((tx) => recordDeed(tx, actor, { deed: 'exported', target: 'audit log', after }))
  const name = `audit-${workspace.slug}-${now.toISOString().slice(0, 10)}.csv`
  return new Response(csvBody(linesOf(locals, filter)), {
    headers: {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="${name}"`,
    },
  })
}

/** A page of rows at a time, each in a transaction of its own, so that a slow reader holds none open. */
async function* linesOf({ asTenant, workspace: { timeZone } }: App.Locals, filter: AuditFilter) {
  yield csvLine(['at', 'who', 'what', 'to_what', 'change', 'road', 'address', 'reference', 'deed', 'id'])
  let before: string | null | undefined
  while (before !== null) {
    const page = { filter, timeZone, limit: rowsAtOnce, before }
    const { rows, next } = await asTenant((tx) => readAudit(tx, page))
    yield rows
      .map((row) =>
        csvLine([
          row.at.toISOString(),
          row.actor,
          auditWords[row.deed],
          row.target,
          changesOf(row.before, row.after).join('; '),
          row.road,
          row.address,
          row.requestId,
          row.deed,
          row.id,
        ]),
      )
      .join('')
    before = next
  }
}
