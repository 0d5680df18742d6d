import { setTimeout as sleep } from 'node:timers/promises'

/** As long as the tests wait for anything, on slow and busy machines too; less than a test may take. */
export const patienceMs = 90_000

/** Looks again and again until `look` finds something, and gives it. Throws with `story`, what was heard meanwhile, after a minute and a half. */
export async function until<T>(
  look: () => T | false | undefined | Promise<T | false | undefined>,
  story: () => string = () => '',
): Promise<T> {
  for (const startedMs = performance.now(); performance.now() - startedMs < patienceMs; await sleep(20)) {
    const found = await look()
    if (found !== undefined && found !== false) return found
  }
  throw new Error(`it never came to that ${story()}`.trimEnd())
}
