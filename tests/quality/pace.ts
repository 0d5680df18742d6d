import { setTimeout as sleep } from 'node:timers/promises'
import type { BrowserContext } from 'playwright-core'
import { requestsPerMinute } from '../../src/server/limits.ts'

/** What one browser asks for at most while it is open. */
const oneBrowser = 50
const minuteMs = 60_000
const answeredByPages = new Set(['document', 'fetch', 'xhr', 'eventsource'])
/** When each request of the last minute was sent. */
let sent: number[] = []

/** Waits until whoever is signed in may ask as often as one browser does: they are all the same person to the program. */
export async function waitForRoom(): Promise<void> {
  for (;;) {
    sent = sent.filter((at) => performance.now() - at < minuteMs)
    const leaving = sent.at(oneBrowser - requestsPerMinute)
    if (leaving === undefined) return
    await sleep(leaving + minuteMs - performance.now())
  }
}

/** Counts what a browser asks the program for, files apart. */
export function countRequests(context: BrowserContext): void {
  context.on('request', (request) => {
    if (answeredByPages.has(request.resourceType())) sent.push(performance.now())
  })
}
