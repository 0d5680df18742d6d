import { salesforceId } from './salesforce-ids.ts'
import type { Reply } from './reply.ts'
import { run, type Result } from './salesforce-query.ts'
import { notFound, ok, Refusal } from './salesforce-reply.ts'
import type { Schema } from './salesforce-schema.ts'
import { API_VERSION, recordCsv, type Selected } from './salesforce-wire.ts'

type Job = { info: Record<string, unknown>; result: Result; polls: number }

/** What is asked of the jobs: a method, and the parts of the path behind `/jobs/query`. */
export type BulkQuestion = { method: string; parts: string[]; query: URLSearchParams; body: string }

/**
 * Query jobs of Bulk API 2.0 ("Bulk API 2.0 Query" of the Bulk API Developer Guide at https://developer.salesforce.com, read
 * 2026-11-20). Results are CSV in parts, each with a line of names; the last one's locator is the word `null`.
 */
export class BulkJobs {
  readonly #schema: Schema
  readonly #jobs = new Map<string, Job>()
  #made = 0

  constructor(schema: Schema) {
    this.#schema = schema
  }

  /** Throws `Refusal`. */
  answer({ method, parts: [id, what], query, body }: BulkQuestion): Reply {
    if (id === undefined) return method === 'POST' ? this.#make(body) : ok(this.#list())
    const job = this.#jobs.get(id)
    if (job === undefined) throw notFound()
    if (method === 'DELETE') return this.#drop(id)
    if (method === 'PATCH') return this.#abort(job)
    return what === 'results' ? this.#part(job, query) : ok(this.#poll(job))
  }

  /** Loses all jobs, as after seven days. */
  forget(): void {
    this.#jobs.clear()
  }

  #make(body: string): Reply {
    // ASSUMED: the words in which a job is refused when the day's jobs are used up.
    if (this.#made >= (this.#schema.org.options.bulkJobs ?? 10_000))
      throw new Refusal(400, 'LIMIT_EXCEEDED', 'DailyBulkV2QueryJobs Limit exceeded.')
    const { query = '', operation = 'query' } = JSON.parse(body) as { query?: string; operation?: string }
    if (operation !== 'query' && operation !== 'queryAll')
      throw new Refusal(400, 'INVALIDJOB', `no operation ${operation}`)
    const result = run(this.#schema, query, operation)
    if (result.isCount)
      throw new Refusal(400, 'API_ERROR', 'Aggregate functions are not supported in Bulk Query')
    if (
      result.selected.some(({ within }) => within !== null && within.some((inner) => inner.within !== null))
    )
      throw new Refusal(400, 'API_ERROR', 'Selecting compound data not supported in Bulk Query')
    this.#made += 1
    const id = `750${String(this.#made).padStart(12, '0')}AAA`
    const at = new Date(this.#schema.org.world.now * 1_000).toISOString().replace('Z', '+0000')
    const info = {
      id,
      operation,
      object: result.type.name,
      createdById: salesforceId('User', 2),
      createdDate: at,
      systemModstamp: at,
      state: 'UploadComplete',
      concurrencyMode: 'Parallel',
      contentType: 'CSV',
      apiVersion: Number(API_VERSION),
      lineEnding: 'LF',
      columnDelimiter: 'COMMA',
    }
    this.#jobs.set(id, { info, result, polls: 0 })
    return ok(info)
  }

  #list(): object {
    return { done: true, records: [...this.#jobs.values()].map(({ info }) => info), nextRecordsUrl: null }
  }

  #poll(job: Job): object {
    job.polls += 1
    const isDone = job.polls > (this.#schema.org.options.bulkPolls ?? 1)
    if (job.info.state !== 'Aborted') job.info.state = isDone ? 'JobComplete' : 'InProgress'
    return isDone ? { ...job.info, numberRecordsProcessed: job.result.found.length, retries: 0 } : job.info
  }

  #part({ info, result }: Job, query: URLSearchParams): Reply {
    if (info.state !== 'JobComplete')
      throw new Refusal(400, 'INVALIDJOBSTATE', `the job is ${String(info.state)}, not JobComplete`)
    const { rowsPerResult = 50_000 } = this.#schema.org.options
    const most = Math.min(Number(query.get('maxRecords') ?? rowsPerResult), rowsPerResult)
    const from = Number(Buffer.from(query.get('locator') ?? '', 'base64url').toString() || 0)
    const rows = result.found.slice(from, from + most)
    const to = from + rows.length
    const names = pathsOf(result.selected)
      .map((path) => `"${path}"`)
      .join(',')
    const lines = [names, ...rows.map((kept) => recordCsv(this.#schema, kept, result.selected))]
    return {
      status: 200,
      headers: {
        'Content-Type': 'text/csv',
        'Sforce-NumberOfRecords': String(rows.length),
        'Sforce-Locator': to >= result.found.length ? 'null' : Buffer.from(String(to)).toString('base64url'),
      },
      body: Buffer.from(`${lines.join('\n')}\n`),
    }
  }

  #abort(job: Job): Reply {
    job.info.state = 'Aborted'
    return ok(job.info)
  }

  #drop(id: string): Reply {
    this.#jobs.delete(id)
    return { status: 204, headers: {}, body: Buffer.alloc(0) }
  }
}

/** The names of the columns: a path such as `Owner.Name` is one. */
const pathsOf = (selected: readonly Selected[]): string[] =>
  selected.flatMap(({ name, within }) =>
    within === null ? [name] : pathsOf(within).map((path) => `${name}.${path}`),
  )
