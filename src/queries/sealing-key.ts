/** The public key that credentials are sealed with. */
export { readSealingKey } from '../../drizzle/sealing-keys.ts'
