import type { TestProject } from 'vitest/node'
import { findBrowser, installBrowser } from './browser.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The browser's program, or the sentence that says why there is none. */
    browser: { program: string } | { missing: string }
  }
}

/**
 * Makes sure of a browser before the tests, because installing one takes longer than any test may.
 * Where that fails, the run goes on and every test that needs a browser fails with the reason.
 */
export default async function provideBrowser(project: TestProject): Promise<void> {
  try {
    project.provide('browser', { program: (await findBrowser()) ?? (await installBrowser()) })
  } catch (error) {
    project.provide('browser', { missing: error instanceof Error ? error.message : String(error) })
  }
}
