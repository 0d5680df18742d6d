import { extract } from './extract.ts'
import { land } from './land.ts'
import { prepare } from './prepare.ts'
import type { Run, StreamPass } from './run.ts'

/** Reads the records that a look asks for, on the road that every page takes. Throws what a page throws. */
export async function look(run: Run, pass: StreamPass): Promise<void> {
  for await (const prepared of prepare(run, pass, extract(run, pass))) await land(run, pass, prepared)
}
