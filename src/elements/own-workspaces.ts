/** A workspace as a link, in the words of the page that lists them. */
export type WorkspaceLink = { name: string; slug: string; href: string; note: string }

/** The workspaces of whoever is here, asked for when first wanted; none where the page of workspaces is skipped. */
export async function ownWorkspaces(): Promise<WorkspaceLink[]> {
  const answer = await fetch('/w', { headers: { accept: 'text/html' } }).catch(() => undefined)
  if (!answer?.ok || answer.redirected) return []
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  return [...page.querySelectorAll<HTMLAnchorElement>('a[data-workspace]')].map((link) => ({
    name: link.textContent.trim(),
    slug: link.dataset['workspace'] ?? '',
    href: hrefLikeHere(link),
    note: link.closest('tr')?.querySelector('.chip')?.textContent.trim() ?? '',
  }))
}

/** The page that is open now, in the other workspace; filters mean something else there. An operator has the syncs alone. */
function hrefLikeHere(link: HTMLAnchorElement): string {
  const usual = link.getAttribute('href') ?? '/w'
  const here = document.querySelector('.side [aria-current=page]')?.getAttribute('href') ?? ''
  const place = here.split('/').slice(3).join('/')
  const isMine = usual.endsWith('/overview') || /^(sync|settings)/.test(place)
  return place === '' || !isMine ? usual : `/w/${link.dataset['workspace']}/${place}`
}

/** A choice of a picker that leads to a workspace. */
export function workspaceChoice({ name, href, note }: WorkspaceLink): HTMLAnchorElement {
  const link = document.createElement('a')
  link.href = href
  const small = document.createElement('small')
  small.textContent = note
  link.append(name, ' ', small)
  return link
}
