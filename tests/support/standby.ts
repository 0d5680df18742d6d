import { appendFile, chmod, chown, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import pg from 'pg'
import { accountFor, type Account } from '../../drizzle/embedded/account.ts'
import { locateBinaries } from '../../drizzle/embedded/binaries.ts'
import { guard, startPostmaster, stopPostmaster } from '../../drizzle/embedded/postmaster.ts'
import { freePort } from './free-port.ts'

/** A hot standby of a Postgres, which streams everything that is written there and answers questions. */
export type Standby = { url: string; stop: () => Promise<void> }

const notCopied = new Set(['postmaster.pid', 'postmaster.opts', 'pg_replslot'])

/** Makes one of the Postgres at this address, the login being its superuser, by the road that Postgres documents for base backups. */
export async function startStandby(primaryUrl: string): Promise<Standby> {
  const account = await accountFor(undefined)
  const home = await mkdtemp(join(tmpdir(), 'tidemark-standby-'))
  await chmod(home, 0o711)
  const place = { home, cluster: join(home, 'cluster'), account, binaries: await locateBinaries(account) }
  await backUp(primaryUrl, place.cluster)
  const { hostname, port: primaryPort, username, password } = new URL(primaryUrl)
  await writeFile(join(place.cluster, 'standby.signal'), '')
  await appendFile(
    join(place.cluster, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=${hostname} port=${primaryPort} user=${username} password=${password}'\n`,
  )
  await giveAll(account, home)
  const port = await freePort()
  const server = await startPostmaster(place, port, { shared_buffers: '32MB', max_connections: '100' })
  guard(server, [home])
  const url = new URL(primaryUrl)
  url.port = String(port)
  return {
    url: url.href,
    stop: async () => {
      await stopPostmaster(place)
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function backUp(primaryUrl: string, cluster: string): Promise<void> {
  const primary = new pg.Client({ connectionString: primaryUrl })
  await primary.connect()
  try {
    await primary.query(`select pg_backup_start('standby', true)`)
    const { rows: from } = await primary.query<{ data_directory: string }>('show data_directory')
    await cp(from[0]?.data_directory ?? '', cluster, {
      recursive: true,
      filter: (path) => !notCopied.has(basename(path)) && basename(dirname(path)) !== 'pg_wal',
    })
    const { rows: label } = await primary.query<{ labelfile: string }>(
      'select labelfile from pg_backup_stop(false)',
    )
    await writeFile(join(cluster, 'backup_label'), label[0]?.labelfile ?? '')
    await mkdir(join(cluster, 'pg_replslot'))
    await chmod(cluster, 0o700)
  } finally {
    await primary.end()
  }
}

/** Postgres opens only files of its own. */
async function giveAll(account: Account, home: string): Promise<void> {
  if (account === undefined) return
  await chown(home, account.uid, account.gid)
  for (const path of await readdir(home, { recursive: true }))
    await chown(join(home, path), account.uid, account.gid)
}
