/** What the tests use of it; the package brings no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  type Context = { oidc: { params: Record<string, string> } }

  type Prompt = { readonly name: string }

  export const interactionPolicy: {
    Prompt: new (info: { name: string; requestable?: boolean }) => Prompt
    base: () => { add(prompt: Prompt, index?: number): void }
  }

  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>)
    callback(): (req: IncomingMessage, res: ServerResponse) => Promise<void>
    on(event: string, listener: (ctx: Context) => void): void
    interactionDetails(
      req: IncomingMessage,
      res: ServerResponse,
    ): Promise<{ params: Record<string, string>; prompt: { name: string } }>
    interactionFinished(
      req: IncomingMessage,
      res: ServerResponse,
      result: Record<string, unknown>,
      options?: { mergeWithLastSubmission?: boolean },
    ): Promise<void>
    Grant: new (of: { accountId: string; clientId: string | undefined }) => {
      addOIDCScope(scope: string): void
      save(): Promise<string>
    }
  }
}
