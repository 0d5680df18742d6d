import pg from 'pg'

/** How long one waits for another who is doing the same; whoever is, has limits of their own. */
const longestWaitSeconds = 60

/**
 * Does `work` while nobody else, in any process, does work of the same name: a lock that lives as long as a database session of its
 * own, so that it needs no open transaction and ends with the process. Throws when the wait takes too long (55P03), and when it is
 * given up; work that was begun is never broken off.
 */
export async function alone<T>(
  { databaseUrl, name, waitSeconds = longestWaitSeconds, givingUp }: Place,
  work: () => Promise<T>,
): Promise<T> {
  const settings = [
    'role=tidemark_worker',
    `lock_timeout=${waitSeconds}s`,
    // A machine that vanished must not keep the others waiting.
    'tcp_keepalives_idle=10',
    'tcp_keepalives_interval=5',
    'tcp_keepalives_count=3',
  ]
  const session = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    application_name: 'tidemark lock',
    options: settings.map((setting) => `-c ${setting}`).join(' '),
  })
  // Unheard, the end of the server process would end this one; the statement that needs it fails by itself.
  session.on('error', () => undefined)
  const leave = () => void session.end().catch(() => undefined)
  await session.connect()
  try {
    givingUp?.throwIfAborted()
    givingUp?.addEventListener('abort', leave, { once: true })
    await session.query('select pg_advisory_lock(hashtextextended($1, 0))', [`tidemark ${name}`])
    givingUp?.removeEventListener('abort', leave)
    return await work()
  } finally {
    givingUp?.removeEventListener('abort', leave)
    await session.end().catch(() => undefined)
  }
}

type Place = {
  databaseUrl: string
  name: string
  waitSeconds?: number
  /** Ends the wait, not the work. */
  givingUp?: AbortSignal
}
