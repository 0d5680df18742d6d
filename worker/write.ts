import type { Logger } from 'pino'
import type { Database } from '../drizzle/db.ts'
import type { Asked, Reply, Request, Standing } from './connectors/connector.ts'
import {
  asSyncError,
  FatalError,
  FencedError,
  PauseError,
  publicText,
  RetriableError,
  StoppedError,
  StreamError,
} from './errors.ts'
import { openConnection, type OpenConnection, type OpenOptions } from './open.ts'
import {
  askToReconnect,
  offWords,
  postponeWrites,
  releaseWrite,
  settleWrite,
  stillOurs,
  type ClaimedWrite,
} from './write-claim.ts'

/** How long a write is ours, one request may take, and we wait before the next try: after a refusal that passes, and after silence. */
export type WriteTimes = {
  leaseSeconds: number
  requestSeconds: number
  backoffSeconds: number
  unknownSeconds: number
}
export const writeTimes: WriteTimes = {
  leaseSeconds: 180,
  requestSeconds: 30,
  backoffSeconds: 30,
  unknownSeconds: 120,
}

/** The longest between two tries. */
const longestBackoffSeconds = 1_800

/** As many questions at most before we know how a write stands; a deal with a thousand tasks takes as many. */
const mostLooks = 12

export type WriteOptions = OpenOptions & {
  database: Database
  log: Logger
  writeTimes?: WriteTimes | undefined
}

/**
 * Carries one write out: looks at what the CRM has, sends what is missing, and says what became of it. Nothing is sent twice because an
 * answer was lost: what may have arrived is looked for first, by the marker in it and by its values.
 */
export async function carryOut(options: WriteOptions, write: ClaimedWrite): Promise<void> {
  const { database, log } = options
  const doing = { mayBeThere: write.mayBeThere, label: 'the CRM' }
  try {
    const settled = await attempt(options, write, doing)
    await settleWrite(database, write, settled)
    log.info(
      { connection: write.connectionId, write: write.id, attempt: write.attempt, state: settled.state },
      'write.settled',
    )
  } catch (error) {
    if (error instanceof FencedError) {
      log.warn({ connection: write.connectionId, write: write.id }, 'the write passed to another worker')
      return
    }
    await giveBack(options, write, doing, error)
  }
}

type Doing = { mayBeThere: boolean; label: string }
type Outcome = Parameters<typeof settleWrite>[2]

async function attempt(options: WriteOptions, write: ClaimedWrite, doing: Doing): Promise<Outcome> {
  const { requestSeconds } = options.writeTimes ?? writeTimes
  // One try each: whether to ask again is decided here, and the fetcher knows nothing of what a request has done.
  const opened = await openConnection(
    { ...options, retryWaitsMs: [], timeoutMs: requestSeconds * 1_000 },
    write,
  )
  doing.label = opened.connector.label
  try {
    return await make(options, write, doing, opened)
  } finally {
    await opened.fetcher.close()
  }
}

async function make(
  options: WriteOptions,
  write: ClaimedWrite,
  doing: Doing,
  opened: OpenConnection,
): Promise<Outcome> {
  const { label } = doing
  const asked = askedOf(write)
  const { ofActivity, look, send } = deskOf(options, write, doing, opened, asked)
  const first = await look()
  if (first.kind === 'impossible') return { state: 'refused', because: first.words }
  let task = first.task
  if (first.main !== null) {
    if (!write.isOn) return { state: 'refused', because: offWords }
    if (isChanged(first, write)) return conflict(first, label)
    doing.mayBeThere = false
    try {
      const reply = await send(first.main)
      task ??= asked.step === null ? null : (opened.connector.writing?.made(reply) ?? null)
    } catch (error) {
      if (!(error instanceof StreamError)) throw error
      // It answered, and not well: what it has now says whether that was a refusal.
      const second = await look()
      if (second.kind === 'impossible' || second.main !== null)
        return { state: 'refused', because: error.message }
      task ??= second.task
    }
  }
  for (const request of first.rest)
    await send(request).catch((error: unknown) => {
      if (!(error instanceof StreamError)) throw error
      options.log.warn(
        { connection: write.connectionId, write: write.id, reason: error.message },
        'write.left_undone',
      )
    })
  const last = await look().catch(() => null)
  const after = last?.kind === 'found' ? last : first
  task ??= after.task
  return {
    state: 'sent',
    task,
    activityId: task === null ? null : ofActivity(task),
    recordUpdatedAt: timeOf(after),
  }
}

/** What can be asked and sent about one write. */
function deskOf(
  options: WriteOptions,
  write: ClaimedWrite,
  doing: Doing,
  opened: OpenConnection,
  asked: Asked,
) {
  const { connector, fetcher, settings, context } = opened
  const { writing } = connector
  const { requestSeconds } = options.writeTimes ?? writeTimes
  const look = async (): Promise<Standing> => {
    if (writing === undefined) return { kind: 'impossible', words: `${connector.label} cannot be written to` }
    if (asked.outcome !== null && writing.words.outcomes[asked.outcome.is] === undefined)
      return { kind: 'impossible', words: `${connector.label} has no way to say ${asked.outcome.is}` }
    const replies: Reply[] = []
    for (let looks = 0; looks < mostLooks; looks += 1) {
      const request = writing.look(asked, replies, settings)
      if (request === null) break
      replies.push((await fetcher.ask(request, 'opportunities')).reply)
    }
    return writing.stand(asked, replies, settings)
  }
  const send = async (request: Request): Promise<Reply> => {
    const go = async () => {
      await stillOurs(options.database, write, requestSeconds)
      doing.mayBeThere = true
    }
    return (await fetcher.ask(request, 'opportunities', go)).reply
  }
  return { look, send, ofActivity: (task: string) => context.ownId('activities', task) }
}

/** The line by which what was made is found again; the key is the write's own, whatever the attempt. */
export const markerOf = (key: string): string => `Tidemark ${key}`

function askedOf(write: ClaimedWrite): Asked {
  const { payload, record, contact, knownStage, task, isMove, key } = write
  return {
    record,
    contact,
    stageName: knownStage,
    marker: markerOf(key),
    step:
      'next_action_at' in payload
        ? { at: payload.next_action_at, details: payload.next_action_details }
        : null,
    outcome: 'outcome' in payload ? { is: payload.outcome, reason: payload.reason } : null,
    task,
    isMove,
  }
}

type Found = Extract<Standing, { kind: 'found' }>

const timeOf = ({ updatedAt }: Found): Date | null => (updatedAt === null ? null : new Date(updatedAt))

function isChanged(found: Found, { knownAt }: ClaimedWrite): boolean {
  const at = timeOf(found)
  return found.isChanged === true || (at !== null && knownAt !== null && at > knownAt)
}

const conflict = (found: Found, label: string): Outcome => ({
  state: 'refused',
  because: `It was changed in ${label} after it was last read here, and was not written over`,
  recordUpdatedAt: timeOf(found),
})

/** Nothing is settled yet: when to try again, and what people are told meanwhile. */
async function giveBack(
  options: WriteOptions,
  write: ClaimedWrite,
  { mayBeThere, label }: Doing,
  error: unknown,
): Promise<void> {
  const { database, log } = options
  if (error instanceof StoppedError) return back(options, write, mayBeThere, mayBeThere ? 1 : 0, null)
  const problem = asSyncError(error)
  const { backoffSeconds, unknownSeconds } = options.writeTimes ?? writeTimes
  const asked =
    problem instanceof PauseError
      ? problem.pauseMs
      : problem instanceof RetriableError
        ? problem.retryAfterMs
        : undefined
  const backoff =
    Math.min(longestBackoffSeconds, backoffSeconds * 2 ** (write.attempt - 1)) * (0.75 + Math.random() / 2)
  const waitSeconds = Math.max((asked ?? 0) / 1_000, mayBeThere ? Math.max(unknownSeconds, backoff) : backoff)
  log.warn(
    {
      connection: write.connectionId,
      write: write.id,
      code: problem.code,
      reason: problem.message,
      waitSeconds,
    },
    'write.waits',
  )
  await back(options, write, mayBeThere, waitSeconds, waitingWords(problem, label))
  if (problem instanceof FatalError && problem.code === 'E_AUTH_REVOKED')
    await askToReconnect(database, write, publicText('E_AUTH_REVOKED', label))
  else if (problem.code === 'E_RATE_LIMITED' || problem.code === 'E_CRM_DOWN')
    await postponeWrites(database, write, waitSeconds)
}

async function back(
  { database, log }: WriteOptions,
  write: ClaimedWrite,
  mayBeThere: boolean,
  waitSeconds: number,
  because: string | null,
): Promise<void> {
  try {
    await releaseWrite(database, write, { mayBeThere, waitSeconds, because })
  } catch (error) {
    if (!(error instanceof FencedError)) throw error
    log.warn({ connection: write.connectionId, write: write.id }, 'the write passed to another worker')
  }
}

function waitingWords({ code }: { code: string }, label: string): string {
  switch (code) {
    case 'E_AUTH_REVOKED':
      return `${label} no longer accepts our access; it goes out once somebody has connected it again`
    case 'E_RATE_LIMITED':
      return `${label} asked us to slow down`
    case 'E_CRM_DOWN':
      return `${label} answers with errors or not at all`
    case 'E_SETTINGS':
      return 'the settings of the connection do not fit'
    case 'E_CRM_BAD_REPLY':
    case 'E_PERMISSION':
      return `${label} did not let us see how it stands`
    default:
      return 'something failed on our side'
  }
}
