/** The kinds of record a connection may offer, in the order they are synced and shown, with their words. */
const words: Record<string, string> = {
  owners: 'Owners',
  stages: 'Stages',
  lead_sources: 'Lead sources',
  leads: 'Leads',
  opportunities: 'Opportunities',
  notes: 'Notes',
  activities: 'Activities',
}

export const streamNames: readonly string[] = Object.keys(words)

/** The word for a stream; one we have no word for keeps its name, made readable. */
export function streamWord(stream: string): string {
  const plain = stream.replaceAll('_', ' ')
  return words[stream] ?? plain.charAt(0).toUpperCase() + plain.slice(1)
}

/** A row about a stream, with the stream's word. */
export type Named<S> = S & { name: string }

export function named<S extends { stream: string }>(row: S): Named<S> {
  return { ...row, name: streamWord(row.stream) }
}

/** Sorts streams as they are synced; unknown ones come last, by name. */
export function byStreamOrder(a: { stream: string }, b: { stream: string }): number {
  return place(a.stream) - place(b.stream) || a.stream.localeCompare(b.stream)
}

function place(stream: string): number {
  const index = streamNames.indexOf(stream)
  return index < 0 ? streamNames.length : index
}
