import type { Command } from 'commander'
import type { ReplayReport } from '../../worker/replay.ts'
import { exitCodes, misuse, type ExitCode } from '../exit.ts'
import { openInstallation } from '../installation.ts'
import { print, warn } from '../print.ts'

type Options = { verify?: boolean; apply?: boolean; tenant: string }

/** `tidemark replay`: reads every stored answer of the CRM again, and compares the records or takes them over. */
export function addReplay(program: Command, end: (code: ExitCode) => void): void {
  program
    .command('replay')
    .summary('rebuild the records from the raw snapshots')
    .description(
      'Rebuilds a client from its raw snapshots, without one call to a CRM. Its syncs wait meanwhile.',
    )
    .requiredOption('--tenant <slug>', 'whose records')
    .option('--verify', 'only compare; exit code 1 when something differs')
    .option('--apply', 'take over what differs')
    .addHelpText('after', examples)
    .action(async (options: Options) => end(await replay(options)))
}

const examples = `
Examples:
  $ npm run tidemark -- replay --verify --tenant copper-kettle-coffee
  $ npm run tidemark -- replay --apply --tenant copper-kettle-coffee    # after a mapping was corrected
`
const mostShown = 20

async function replay({ verify = false, apply = false, tenant: slug }: Options): Promise<ExitCode> {
  if (verify === apply) throw misuse('Say either --verify or --apply.')
  const [{ replayTenant }, { findWorkspace }] = await Promise.all([
    import('../../worker/replay.ts'),
    import('../../src/queries/workspaces.ts'),
  ])
  const installation = await openInstallation(process.env, warn)
  try {
    const database = await installation.connect('tidemark_worker')
    const tenant = await findWorkspace(database, slug)
    if (!tenant) throw misuse(`There is no client ${slug}. See: npm run tidemark -- tenant list`)
    const report = await replayTenant({
      databaseUrl: installation.config.DATABASE_URL,
      database,
      tenantId: tenant.id,
      mode: apply ? 'apply' : 'verify',
    })
    for (const line of wordsOf(report, tenant.name, apply)) print(line)
    return verify && report.differences.length > 0 ? exitCodes.failed : exitCodes.success
  } finally {
    await installation.close()
  }
}

function wordsOf(
  { snapshots, records, differences, setAside, applied }: ReplayReport,
  name: string,
  apply: boolean,
) {
  const number = (count: number) => count.toLocaleString('en-US')
  const shown = differences
    .slice(0, mostShown)
    .map(({ table, sourceId, field }) => `  ${table} ${sourceId}: ${field}`)
  const others = differences.length - shown.length
  const outcome = apply
    ? `${number(applied)} rows were taken over.`
    : differences.length === 0
      ? 'The stored records are what the snapshots say.'
      : 'To take over what the snapshots say: --apply instead of --verify.'
  return [
    `${name}: ${number(snapshots)} snapshots, ${number(records)} records, ${number(differences.length)} differences, ${number(setAside)} set aside.`,
    ...shown,
    ...(others > 0 ? [`  and ${number(others)} more`] : []),
    outcome,
  ]
}
