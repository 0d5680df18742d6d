/** What came back, read to its end. */
export type Answered = { status: number; isOk: boolean; wasRedirected: boolean; url: string; text: string }

/** Longer and longer, so that whoever is in trouble is not asked by everybody at once. */
const waitsMs = [500, 1_000, 2_000]
const patienceMs = 10_000

/**
 * Asks, and asks again where the connection broke before there was an answer: for what is no worse for being asked twice. Undefined
 * when none came within ten seconds, or nobody waits for it any more. A browser that knows that it is offline keeps nobody waiting.
 */
export async function askPatiently(
  url: URL,
  init: RequestInit,
  isWanted: () => boolean,
): Promise<Answered | undefined> {
  const signal = AbortSignal.timeout(patienceMs)
  let answered = await askOnce(url, init, signal)
  for (const waitMs of waitsMs) {
    if (answered !== undefined || signal.aborted || !navigator.onLine) break
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    if (!isWanted()) break
    answered = await askOnce(url, init, signal)
  }
  return answered
}

/** Asks once. Undefined when the connection broke, or no answer came before `signal`: within ten seconds. */
export async function askOnce(
  url: URL,
  init: RequestInit,
  signal = AbortSignal.timeout(patienceMs),
): Promise<Answered | undefined> {
  const answer = await fetch(url, { ...init, signal }).catch(() => undefined)
  const text = await answer?.text().catch(() => undefined)
  if (answer === undefined || text === undefined) return undefined
  return { status: answer.status, isOk: answer.ok, wasRedirected: answer.redirected, url: answer.url, text }
}

/** Why something was not saved although an answer came: "Server error occurred (503)". */
export function refusedWords(status: number): string {
  if (status >= 500) return `Server error occurred (${status})`
  return status === 429 ? 'too many requests within a minute' : `it was refused (${status})`
}
