import type { Change, Watched } from './webhook-wire.ts'

/** Remembers how every record was when it was last looked at, and so knows what happened since. */
export class Watch {
  readonly #known = new Map<string, Watched>()

  remember(record: Watched): void {
    if (record.isListed || record.isRemoved) this.#known.set(keyOf(record), record)
  }

  /** What happened since the record was last looked at; null when nothing that anybody would be told. */
  changeOf(after: Watched): Change | null {
    const before = this.#known.get(keyOf(after))
    this.remember(after)
    const wasListed = before?.isListed === true
    if (wasListed && !after.isListed) return { what: 'deleted', before, after, changed: [] }
    if (!after.isListed) return null
    if (before === undefined)
      return { what: after.mergedFrom === undefined ? 'created' : 'merged', after, changed: [] }
    if (!wasListed) return { what: 'restored', before, after, changed: [] }
    const names = new Set([...Object.keys(before.fields), ...Object.keys(after.fields)])
    const changed = [...names].filter(
      (name) => JSON.stringify(before.fields[name]) !== JSON.stringify(after.fields[name]),
    )
    return changed.length === 0 ? null : { what: 'changed', before, after, changed }
  }
}

const keyOf = ({ kind, id }: Watched): string => `${kind} ${id}`
