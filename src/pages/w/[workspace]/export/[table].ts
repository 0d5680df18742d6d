import type { APIContext, APIRoute } from 'astro'
import { z } from 'zod'
import { recordDeed } from '../../../../commands/record-deed.ts'
import { basisOf } from '../../../../domain/freshness.ts'
import { attachment, fileName } from '../../../../exports/file-name.ts'
import { formats, makeFile, type Format } from '../../../../exports/make-file.ts'
import { Packed } from '../../../../exports/packed.ts'
import { findTable } from '../../../../exports/tables.ts'
import { mostRowsInWorkbook } from '../../../../exports/xlsx.ts'
import { count } from '../../../../format.ts'
import { readSettings } from '../../../../queries/connection-settings.ts'
import { problem } from '../../../../server/answers.ts'
import { furtherOf } from '../../../../server/further-fields.ts'

const formatForm = z.enum(Object.keys(formats) as Format[]).default('csv')

/**
 * All rows of a table that its filters fit, as a file. The rows, the count in the file and the line in the audit log are of one
 * transaction; it has ended before the first byte leaves.
 */
export const GET: APIRoute = async (context) => {
  const { locals, params, url } = context
  const { workspace, status, actor, ownOwners, atOneMoment, connectors } = locals
  const table = findTable(params['table'])
  if (table === undefined) {
    locals.missing = 'table'
    return new Response(null, { status: 404 })
  }
  const format = formatForm.safeParse(url.searchParams.get('format') ?? undefined).data
  if (format === undefined) return refuse(context, 400, 'Ask for format=csv or format=xlsx.')
  const basis = basisOf(status.connections, table.streams)
  if (basis.connectionIds.length === 0) return nothingYet(context)
  const asked = {
    search: url.searchParams,
    workspace,
    connections: status.connections,
    basis,
    now: status.now,
    mine: ownOwners,
  }
  const file = await atOneMoment(async (tx) => {
    const further = furtherOf(connectors, await readSettings(tx, basis.connectionIds))
    const made = await makeFile(tx, table, format, { ...asked, further })
    if (made !== undefined) {
      const after = { format, rows: made.count, filters: made.filters }
      await recordDeed(tx, actor, { deed: 'exported', target: table.heading.toLowerCase(), after })
    }
    return made
  })
  if (file === undefined) {
    const most = count(mostRowsInWorkbook)
    return refuse(
      context,
      422,
      `An Excel file holds at most ${most} rows here. Take CSV, or narrow the filters.`,
    )
  }
  return answer(context, file.content, {
    'content-type': formats[format],
    'content-disposition': attachment(fileName(workspace, table.name, status.now, format)),
  })
}

function answer(
  { request }: APIContext,
  content: Packed | Buffer,
  headers: Record<string, string>,
): Response {
  if (!(content instanceof Packed)) return new Response(new Uint8Array(content), { headers })
  const takesPacked = /\bgzip\b(?!\s*;\s*q=0(\.0+)?\b)/i.test(request.headers.get('accept-encoding') ?? '')
  return takesPacked
    ? new Response(content.stream(), {
        headers: { ...headers, 'content-encoding': 'gzip', vary: 'accept-encoding' },
      })
    : new Response(content.unpacked(), { headers: { ...headers, vary: 'accept-encoding' } })
}

function refuse(context: APIContext, status: 400 | 422, message: string): Response {
  return problem(context, { status, code: 'validation_failed', message })
}

/** Somebody who followed a link reads a page; a program reads a word. */
async function nothingYet(context: APIContext): Promise<Response> {
  const { locals } = context
  const message = 'Nothing was synced yet; there is nothing to export.'
  if (locals.asker?.road !== 'session') return problem(context, { status: 409, code: 'not_synced', message })
  const href = `/w/${locals.workspace.slug}/sync`
  locals.conflict = {
    heading: 'Nothing to export yet',
    words: message,
    href,
    word: 'See how the sync stands',
  }
  return context.rewrite('/409')
}
