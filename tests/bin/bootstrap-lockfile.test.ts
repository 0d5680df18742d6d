import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

type Package = { version?: string; optionalDependencies?: Record<string, string> }

/** The nearest entry upwards from a package, as Node itself looks a package up. */
function resolveFrom(packages: Record<string, Package>, from: string, name: string): Package | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('node_modules/') - 1, 0))) {
    const found = packages[`${folder ? `${folder}/` : ''}node_modules/${name}`]
    if (found || folder === '') return found
  }
}

// `npm install` on one system leaves out the packages of others when its registry has no copy of them,
// and then `npm ci` refuses the lockfile everywhere: "Missing: … from lock file".
test('the lockfile names the packages of every system, so that npm ci takes it on each', async () => {
  const text = await readFile(new URL('../../package-lock.json', import.meta.url), 'utf8')
  const { packages } = JSON.parse(text) as { packages: Record<string, Package> }
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name, range]) => {
        const found = resolveFrom(packages, path, name)
        return !found || (/^\d/.test(range) && found.version !== range)
      })
      .map(([name, range]) => `${name}@${range}, for ${path}`),
  )
  expect(missing).toEqual([])
})
