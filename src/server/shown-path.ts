/** The address of an invitation or a webhook without what opens it, also where no route was found because something was wrong with the rest. */
export const shownPath = (path: string): string =>
  path.replace(/^(\/*(?:invite|api\/+v1\/+webhooks)\/+).+/i, '$1[token]')
