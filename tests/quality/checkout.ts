import { execFile } from 'node:child_process'
import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { endLater } from './ending.ts'

const root = join(import.meta.dirname, '../..')

/**
 * The last commit that the work tree and `ref` have in common, in a folder of its own with the packages that are installed here; gone
 * at the end. Throws what git says when there is no such ref.
 */
export async function checkOut(ref: string): Promise<{ commit: string; folder: string }> {
  const commit = await git('merge-base', 'HEAD', ref)
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-before-'))
  endLater(async () => {
    await rm(folder, { recursive: true, force: true })
    await git('worktree', 'prune')
  })
  await git('worktree', 'add', '--quiet', '--detach', folder, commit)
  await symlink(await realpath(join(root, 'node_modules')), join(folder, 'node_modules'))
  return { commit: await git('log', '-1', '--format=%h (%s)', commit), folder }
}

async function git(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', args, { cwd: root })
  return stdout.trim()
}
