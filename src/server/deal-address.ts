/** Where the page of an opportunity is; null where there is none to lead to. `home` is `/w/{slug}`. */
export function dealHref(home: string, id: string): string
export function dealHref(home: string, id: string | null | undefined): string | null
export function dealHref(home: string, id: string | null | undefined): string | null {
  return id ? `${home}/pipeline/${id}` : null
}
