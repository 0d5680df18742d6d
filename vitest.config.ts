import { defineConfig } from 'vitest/config'
import { patienceMs } from './tests/support/until.ts'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/global-postgres.ts', 'tests/support/global-browser.ts'],
    // Real programs, sockets and signals: a process per file keeps a leaked handle or a crash inside its file.
    pool: 'forks',
    maxWorkers: 3,
    // Patience for slow and busy machines; what hangs is found all the same, and no test is about speed.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    // The default of one second is a busy machine's pause.
    expect: { poll: { timeout: patienceMs } },
    restoreMocks: true,
    unstubEnvs: true,
  },
})
