/**
 * On how many random worlds a property is tried: on a few with the other tests, on as many as `TIDEMARK_WORLDS` says otherwise,
 * however long that takes. `TIDEMARK_WORLDS=10000 npx vitest run tests/worker/*world.test.ts`
 */
const asked = process.env['TIDEMARK_WORLDS']

export const worlds =
  asked === undefined ? { numRuns: 8, interruptAfterTimeLimit: 20_000 } : { numRuns: Number(asked) }

/** How long a test of that many may take. */
export const worldsMs = asked === undefined ? 60_000 : 0
