/** With which of the installation's apps people connect by consent. */
export { readApps } from '../../drizzle/consent-apps.ts'
