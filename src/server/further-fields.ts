import type { ConnectorForm } from '../commands/add-connection.ts'
import type { Further } from '../queries/further-fields.ts'

type Connectors = ReadonlyMap<string, Pick<ConnectorForm, 'mapping' | 'settings'>>
type Connection = { connector: string; settings: Record<string, unknown> }

/** The further fields of these connections' deals: each name once for each connection that has it. */
export function furtherOf(
  connectors: Connectors,
  connections: readonly (Connection & { id: string })[],
): Further[] {
  return connections.flatMap((connection) =>
    furtherNamesOf(connectors, connection).map((name) => ({ connectionId: connection.id, name })),
  )
}

/** The names that a connection's field mapping gives to further fields of a deal, in their order. */
export function furtherNamesOf(connectors: Connectors, { connector: name, settings }: Connection): string[] {
  const connector = connectors.get(name)
  if (connector?.mapping === undefined || !connector.settings.safeParse(settings).success) return []
  return Object.keys(connector.mapping.of(settings).custom).toSorted()
}
