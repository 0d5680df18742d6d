import type { Database } from '../../drizzle/db.ts'
import { accessOfRow, accessStatement, type Access, type AccessRow } from './access.ts'

export type AskersSession = {
  /** Of the session, also where a token was shown that has been replaced. */
  id: string
  /** When its token was made. */
  renewedAt: Date
  isRenewalDue: boolean
  /** The token that was shown has been replaced and is in its last minute. */
  isReplaced: boolean
}

/** A session that is good at this moment, and whose it is. */
export type SessionHolder = {
  session: AskersSession
  person: { id: string; name: string; email: string; hasSecondFactor: boolean }
  /** Of the workspaces that were asked for those that are this person's: the one that is named, or without a name the first two. */
  access: Access[]
}

type Row = {
  id: string | null
  renewed_at: Date
  renewal_due: boolean
  is_replaced: boolean
  user_id: string
  name: string
  email: string
  two_factor_enabled: boolean
}

/** A row in any case: without a session nobody is the person that the next question is asked for. */
const sessionStatement = `
  select s.id, s.renewed_at, s.renewal_due, s.is_replaced, s.user_id, s.name, s.email, s.two_factor_enabled,
    set_config('app.user_id', coalesce(s.user_id, '00000000-0000-0000-0000-000000000000')::text, true)
  from (select) as always
  left join (
    select coalesce(s.renewed_into, s.id) as id, coalesce(s.renewed_at, s.created_at) as renewed_at, s.renewal_due,
      s.renewed_into is not null as is_replaced, s.user_id, u.name, u.email, u.two_factor_enabled
    from auth.sessions s join auth.users u on u.id = s.user_id
    where s.token = $1 and s.expires_at > clock_timestamp()) as s on true`

/** Who holds the session of this token, and what they may enter, in one question; undefined once it has ended. */
export async function findSession(
  database: Database,
  token: string,
  workspace: string | null,
): Promise<SessionHolder | undefined> {
  const [[found], rows] = await database.askSession<Row, AccessRow>(
    { name: 'session', text: sessionStatement, values: [token] },
    accessStatement(workspace),
  )
  if (found === undefined || found.id === null) return undefined
  return {
    session: {
      id: found.id,
      renewedAt: found.renewed_at,
      isRenewalDue: found.renewal_due,
      isReplaced: found.is_replaced,
    },
    person: {
      id: found.user_id,
      name: found.name,
      email: found.email,
      hasSecondFactor: found.two_factor_enabled,
    },
    access: rows.map(accessOfRow),
  }
}
