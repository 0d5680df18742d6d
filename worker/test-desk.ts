import { answerTest, openTests, takeTest, type AnswerOptions, type OpenTest } from './connection-test.ts'

/** As many at once; each takes some requests and at most fifteen seconds. */
const mostAtOnce = 4

/** Tests looked at in one go, more than several workers together answer at once. */
const mostSeen = 100

/** Where people's tests of connections are answered, at once and beside the runs. */
export type TestDesk = {
  /** Takes what waits; called when somebody asks, and now and then. */
  look: () => void
  /** Resolves when nothing is being answered any more; to be called after the worker was told to stop. */
  closed: () => Promise<void>
}

/** Opens the desk of one worker. */
export function openTestDesk(options: AnswerOptions): TestDesk {
  const { database, log, stopping } = options
  const answering = new Map<string, Promise<void>>()
  let looking: Promise<void> | undefined
  let isAskedAgain = false

  const take = async (test: OpenTest) => {
    const taken = await takeTest(database, test)
    if (taken === null) return
    const { testId } = test
    const answered = answerTest(options, taken)
      .catch((error: unknown) => log.error({ err: error, test: testId }, 'connection.test_failed'))
      .finally(() => {
        answering.delete(testId)
        // Another one may have waited for this place.
        look()
      })
    answering.set(testId, answered)
  }
  const lookOnce = async () => {
    while (isAskedAgain) {
      isAskedAgain = false
      for (const test of await openTests(database, mostSeen)) {
        if (answering.size >= mostAtOnce || stopping.aborted) return
        if (!answering.has(test.testId)) await take(test)
      }
    }
  }
  const look = () => {
    if (stopping.aborted) return
    isAskedAgain = true
    looking ??= lookOnce()
      .catch((error: unknown) => log.error({ err: error }, 'connection.tests_not_read'))
      .finally(() => {
        looking = undefined
      })
  }
  return {
    look,
    closed: async () => {
      await looking
      await Promise.all(answering.values())
    },
  }
}
