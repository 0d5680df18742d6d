import { readAliases } from './aliases.ts'
import { beginPass } from './cursor.ts'
import { StreamError } from './errors.ts'
import { extract } from './extract.ts'
import { refuseHidden } from './hidden.ts'
import { streamNames, type Stream } from './connectors/connector.ts'
import { land } from './land.ts'
import { prepare } from './prepare.ts'
import { noteChildren, retire } from './retire.ts'
import type { Run, StreamPass } from './run.ts'
import { closePass, completeStream, failStream, nameUnsynced, openStream } from './stream-end.ts'

/** How often a list is read from the beginning in one run before we say that it does not hold still. */
const mostPasses = 3
const begunByAnother = 'the pass was begun by another run'

/**
 * Copies one connection: every stream in order, extract, snapshot, normalise, load, retire. Each page is landed in one
 * transaction, so a crash repeats at most one page. Throws what ends the whole run; a stream that fails alone does not.
 */
export async function syncConnection(run: Run): Promise<void> {
  const streams = run.connector.streams.filter(({ isOffered }) => isOffered?.(run.settings) ?? true)
  await run.database.asTenant(run.tenantId, (tx) => readAliases(tx, run))
  const covered = new Set<string>(streams.flatMap(({ name, tables }) => [name, ...tables]))
  await nameUnsynced(
    run,
    streamNames.filter((name) => !covered.has(name)),
  )
  for (const stream of streams) {
    if (run.only === null || run.only.includes(stream.name)) await syncStream(run, stream)
  }
}

async function syncStream(run: Run, stream: Stream<never>): Promise<void> {
  let pass = await beginPass(run, stream)
  await openStream(run, pass)
  try {
    for (let passes = 1; ; passes += 1) {
      for await (const prepared of prepare(run, pass, extract(run, pass))) {
        await land(run, pass, prepared)
        await noteChildren(run, pass, prepared.page)
      }
      refuseHidden(pass)
      const doubt = doubtAbout(pass)
      if (doubt === null && !pass.isResumed) break
      if (doubt !== null && passes === mostPasses) throw new StreamError('E_SHORT_READ', doubt)
      // Changes that another run began to read are as old as its beginning: what came since is read at once, or "current" were not true.
      if (doubt === null) await closePass(run, pass)
      run.tell({ event: 'stream.restarted', stream: stream.name, reason: doubt ?? begunByAnother })
      pass = {
        ...(await beginPass(run, stream, true)),
        counts: pass.counts,
        unknownFields: pass.unknownFields,
      }
    }
    pass.counts.retired += await retire(run, pass)
    await completeStream(run, pass)
  } catch (error) {
    await failStream(run, pass, error)
  }
}

/** Why a pass that reached the server's end signal still did not see everything; null when it did. */
function doubtAbout(pass: StreamPass): string | null {
  const { stream, isResumed, total, hasShrunk, seen, unnamed, namesakes } = pass
  if (stream.reads === 'changes' || stream.parents !== undefined) return null
  if (isResumed) return begunByAnother
  // A record that left after we had read it makes up for one that a list ended too early kept from us.
  if (hasShrunk) return 'records left the list while it was read, so its count proves nothing'
  const listed = seen.size + unnamed + namesakes
  return total === null || total === listed ? null : `the CRM counts ${total} records and listed ${listed}`
}
