import type { Crm, CrmAnswer } from '../crm-gate.ts'
import type { Register, Version } from './register.ts'

/**
 * Quayside, a CRM that exists only here. `deals` can be asked for changes, in the order of (modified second, id), and shows
 * a change up to some seconds after its stamp; deletions are flagged. `people` is a whole list with a count.
 */
export class Quayside {
  readonly deals: Register
  readonly people: Register
  /** The next list of people ends a page too early, under its full count. */
  endsEarly = false

  constructor(deals: Register, people: Register) {
    this.deals = deals
    this.people = people
  }

  answer: Crm = (path) => {
    const { pathname, searchParams } = new URL(path, 'http://quayside')
    const number = (name: string) => Number(searchParams.get(name) ?? 0)
    if (pathname === '/deals') return reply(this.#deals(number))
    if (pathname === '/people') return reply(this.#people(number))
    return reply({ error: 'no such list' }, 404)
  }

  #deals(number: (name: string) => number) {
    const [after, afterId, until] = [number('after'), number('after_id'), number('until')]
    const found = this.deals
      .allShown(Date.now())
      .filter(({ modified, id }) => modified > after || (modified === after && id > afterId))
      .filter(({ modified }) => modified <= until)
      .toSorted((a, b) => a.modified - b.modified || a.id - b.id)
    return page(found, number('limit'))
  }

  #people(number: (name: string) => number) {
    const listed = this.people.allShown(Date.now()).filter(({ isDeleted }) => !isDeleted)
    const rest = listed.filter(({ id }) => id > number('after_id'))
    const answer = { ...page(rest, number('limit')), total: listed.length }
    const isLastButOne = answer.more && rest.length <= 2 * number('limit')
    if (!this.endsEarly || !isLastButOne) return answer
    this.endsEarly = false
    return { ...answer, more: false }
  }
}

function page(rows: Version[], limit: number) {
  const items = rows.slice(0, limit).map(({ id, version, modified, amount, isDeleted }) => ({
    id,
    version,
    modified,
    amount,
    deleted: isDeleted,
  }))
  return { items, more: rows.length > limit }
}

function reply(body: object, status = 200): Promise<CrmAnswer> {
  return Promise.resolve({
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}
