import type { ConnectorForm } from '../commands/add-connection.ts'

type Connectors = ReadonlyMap<string, Pick<ConnectorForm, 'foundLater' | 'settings'>>

/** What a connection's CRM does not announce, and by when it is found all the same; null where its settings cannot be read. */
export function foundLaterWords(
  connectors: Connectors,
  { connector: name, settings }: { connector: string; settings: Record<string, unknown> },
): string | null {
  const connector = connectors.get(name)
  const read = connector?.settings.safeParse(settings)
  return connector !== undefined && read?.success === true ? connector.foundLater(read.data as never) : null
}
