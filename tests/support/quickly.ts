import { fileURLToPath } from 'node:url'

/** What a process of the tests is started with so that it starts as quickly as the program itself does. */
export const quickly = ['--import', fileURLToPath(new URL('../../bin/quick-start.mjs', import.meta.url))]
