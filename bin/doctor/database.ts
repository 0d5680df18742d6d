import { pendingMigrations } from '../../drizzle/migrate.ts'
import { readServer, type Server } from '../../src/queries/server.ts'
import { explain } from '../explain.ts'
import { failed, noticed, ok, type Finding } from './finding.ts'

const mostSkewMs = 5_000

/** Whether the database answers and is what this program needs; `isUsable` when the checks after it make sense. */
export async function checkDatabase(url: string): Promise<{ findings: Finding[]; isUsable: boolean }> {
  const server = await readServer(url).catch((error: unknown) => explain(error).message)
  if (typeof server === 'string') {
    const mend = 'Everything else needs the database: mend this first.'
    return { findings: [failed('database', server, mend)], isUsable: false }
  }
  const pending = await pendingMigrations(url)
  const findings = [
    versionOf(server),
    clockOf(server),
    migrationsOf(pending),
    ...(pending.length > 0 ? [] : [rolesOf(server), partitionsOf(server)]),
  ]
  return {
    findings,
    isUsable:
      pending.length === 0 && !findings.some(({ level, check }) => level === 'failed' && check === 'roles'),
  }
}

function versionOf({ version }: Server): Finding {
  const major = Math.floor(version / 10_000)
  const words = `Postgres ${major}.${version % 10_000} answers`
  if (major < 15)
    return failed('database', words, 'Upgrade the server to Postgres 15 to 18, or unset DATABASE_URL.')
  if (major > 18) return noticed('database', words, 'Tidemark was tried with 15 to 18; watch the first runs.')
  return ok('database', words)
}

function clockOf({ skewMs }: Server): Finding {
  const words = `this clock and the database's differ by ${(Math.abs(skewMs) / 1_000).toFixed(1)} s`
  if (Math.abs(skewMs) <= mostSkewMs) return ok('clock', words)
  return failed('clock', words, 'Set both machines by NTP (timedatectl set-ntp true).')
}

function migrationsOf(pending: readonly string[]): Finding {
  if (pending.length === 0) return ok('migrations', 'up to date')
  return failed('migrations', `to be applied: ${pending.join(', ')}`, 'Run: npm run tidemark -- migrate')
}

function rolesOf({ missingRoles, closedRoles }: Server): Finding {
  if (missingRoles.length > 0) {
    const mend = 'Run as a user that may create roles: npm run tidemark -- migrate'
    return failed('roles', `missing: ${missingRoles.join(', ')}`, mend)
  }
  if (closedRoles.length === 0) return ok('roles', 'all there, and this user may take them on')
  const mend = `As an administrator: grant ${closedRoles.join(', ')} to the user of DATABASE_URL.`
  return failed('roles', `this user may not act as ${closedRoles.join(', ')}`, mend)
}

function partitionsOf({ missingPartitions }: Server): Finding {
  if (missingPartitions.length === 0)
    return ok('partitions', 'raw snapshots have one for this month and the next')
  const mend =
    'Start a worker: it makes them. Until then snapshots go to the default partition; none is lost.'
  return failed('partitions', `raw snapshots have none for ${missingPartitions.join(' and ')}`, mend)
}
