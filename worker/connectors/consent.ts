/** How a person lets an app of ours in (RFC 6749 §4.1); `tokens` keeps up what they allowed. */
export type Consent = {
  /** What the button calls the CRM. */
  crm: string
  /** The variables of the environment that configure the installation's app begin with this. */
  variables: string
  /** Where the CRM asks the person. */
  url: string
  /** What is asked for, in the CRM's words for it. */
  parameters: Record<string, string>
  /** Instead of these, what is asked for where next steps and outcomes are to be written; the same where this has nothing to say. */
  toWrite?: Record<string, string>
  /** The scopes that writing takes, in the CRM's words for them. */
  writeScopes: readonly string[]
  /** Whether it documents proof keys (RFC 7636, S256). */
  takesProofKey: boolean
  /** The secret fields that the installation's app has a value for. */
  app: { clientId: string; clientSecret: string }
  /** For CRMs whose tokens do not say which account let us in: where it stands instead, and how that is read. */
  whose?: { path: string; read: (body: unknown) => string | null }
}
