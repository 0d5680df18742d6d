import type { JumpGroup } from '../server/jumps.ts'

/** What the workspace that is open offers beyond its navigation: saved views and runs, or the candidates of this name. */
export async function jumpsHere(typed?: string): Promise<JumpGroup[]> {
  const workspace = location.pathname.split('/')[2] ?? ''
  const query = typed === undefined ? '' : `?q=${encodeURIComponent(typed)}`
  const answer = await fetch(`/w/${workspace}/jump${query}`).catch(() => undefined)
  return answer?.ok && !answer.redirected ? ((await answer.json()) as JumpGroup[]) : []
}

/** A choice of a picker that leads there. */
export function jumpChoice({ word, note, href }: JumpGroup['jumps'][number]): HTMLAnchorElement {
  const link = document.createElement('a')
  link.href = href
  const small = document.createElement('small')
  small.textContent = note
  link.append(word, ' ', small)
  return link
}
