import { writeFileSync } from 'node:fs'
import { deeds, may, roles, wordsOf } from '../../src/server/access.ts'

/** Where the table stands for people. */
export const rolesPage = new URL('../../docs/roles.md', import.meta.url)

/** docs/roles.md, as the one table of roles in the code has it. */
export function renderRoles(): string {
  const head = ['', ...roles]
  const rows = deeds.map((deed) => [wordsOf(deed), ...roles.map((role) => (may(role, deed) ? 'yes' : '–'))])
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? '').length)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return `# Roles

Who may do what in a workspace. An operator is staff of the agency that looks after it, and no member. This table is
\`src/server/access.ts\` printed: \`node tests/docs/roles.ts\` prints it anew.

${[line(head), rule, ...rows.map(line)].join('\n')}

- A role is looked up with every request. Whoever is lowered or removed is signed out at once, and keys that the new role may not have
  end for good.
- A workspace always has an admin: the last one can neither leave nor be lowered.
- An API key, and a token made with it, does what its owner may do now, within its scopes, in the one workspace it was made in.
- What an operator looks at stands in the workspace's audit log.
`
}

if (import.meta.main) writeFileSync(rolesPage, renderRoles())
