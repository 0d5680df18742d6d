/** Where CRMs send the browser back to, under the address that people use; registered with each app. */
export const consentRoute = '/consent/[connector]'

/** What comes back from a CRM with the answer to a consent: whose attempt it is, and the proof that it was ours. */
export type ConsentState = { tenantId: string; id: string; proof: string }

const form = /^([0-9a-f-]{36})\.([0-9a-f-]{36})\.([\w-]{43})$/

/** As it goes to the CRM. */
export const stateText = ({ tenantId, id, proof }: ConsentState): string => `${tenantId}.${id}.${proof}`

/** Takes it apart again; undefined for what we never sent. */
export function stateOf(text: string | null): ConsentState | undefined {
  const [, tenantId, id, proof] = form.exec(text ?? '') ?? []
  return tenantId === undefined || id === undefined || proof === undefined
    ? undefined
    : { tenantId, id, proof }
}

/** Why a CRM sent no code (RFC 6749 §4.1.2.1), in words; what it said besides is its own, and cut short. */
export function refusalWords(crm: string, error: string, said: string | null): string {
  if (error === 'access_denied') return `${crm} was told not to let us in, so nothing was connected.`
  const known: Record<string, string> = {
    invalid_scope: `${crm} refused what the app asks for: its scopes are not those of the app`,
    unauthorized_client: `${crm} does not let this app ask for consent`,
    temporarily_unavailable: `${crm} cannot ask for consent at the moment`,
    server_error: `${crm} failed while it asked for consent`,
  }
  const words = known[error] ?? `${crm} answered ${error.slice(0, 60)}`
  return said === null || said === '' ? `${words}.` : `${words} (${said.slice(0, 200)}).`
}

/** What the list of connections says when an answer came that was not expected; which check it failed is nobody's business. */
export const strayConsent =
  'That consent was not begun in this session, was answered before, or is older than ten minutes. Nothing was changed. Begin again on the page of the connection.'
