import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext, type BrowserContextOptions } from 'playwright-core'
import { findBrowser } from '../support/browser.ts'
import { freePort } from '../support/free-port.ts'
import type { Demo } from './demo.ts'
import { endLater } from './ending.ts'
import { countRequests, waitForRoom } from './pace.ts'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A browser with a fresh profile, signed in unless told otherwise, that can also be steered through `port`. */
export async function openBrowser(
  demo: Demo,
  { signedIn = true, ...look }: BrowserContextOptions & { signedIn?: boolean } = {},
): Promise<{ context: BrowserContext; port: number; close: () => Promise<void> }> {
  const executablePath = await findBrowser()
  if (executablePath === undefined) throw new Error('there is no browser')
  await waitForRoom()
  const profile = await mkdtemp(join(tmpdir(), 'tidemark-profile-'))
  const port = await freePort()
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: [...flags, `--remote-debugging-port=${port}`],
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    ...look,
  })
  countRequests(context)
  if (signedIn) await context.addCookies([{ ...demo.cookie, url: demo.url }])
  return {
    context,
    port,
    close: endLater(async () => {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    }),
  }
}
