/** What was meant: the roles, and every policy, grant and function that goes beyond a tenant's own rows for its own programs. */

export const programs = [
  'tidemark_worker',
  'tidemark_web',
  'tidemark_operator',
  'tidemark_queue',
  'tidemark_auth',
  'tidemark_person',
  'tidemark_watcher',
]
export const roles = [...programs, 'tidemark_definer']

export const tenantRows = (column: string) => `(${column} = ( SELECT app.tenant_id() AS tenant_id))`

type Policy = [table: string, policy: string, role: string, command: 'r' | 'd' | '*', rows: string]

const same = (tables: string, policy: string, role: string, command: Policy[3], rows: string): Policy[] =>
  tables.split(' ').map((table) => [table, policy, role, command, rows])

const syncTables = 'connections sync_runs sync_run_streams stream_cursors'
const ownAndOpen = '((user_id = ( SELECT app.user_id() AS user_id)) AND (ended_at IS NULL))'

/** Besides the tenant's own, word for word. A policy that also writes checks what it writes by the same words. */
export const furtherPolicies: Policy[] = [
  ...same(
    `tenants quarantine crm_writes alerts ${syncTables}`,
    'operator_reads',
    'tidemark_operator',
    'r',
    'true',
  ),
  ...same('connections sync_runs sync_run_streams', 'schedule_claims', 'tidemark_definer', '*', 'true'),
  ...same('answered_requests', 'definer_forgets', 'tidemark_definer', '*', 'true'),
  ...same(
    'nudges',
    'definer_forgets',
    'tidemark_definer',
    'd',
    "(received_at < (clock_timestamp() - '3 days'::interval))",
  ),
  ...same(
    'webhook_addresses nudges field_mappings opportunities',
    'definer_reads',
    'tidemark_definer',
    'r',
    'true',
  ),
  ...same(
    'api_keys invitations connection_tests crm_writes agencies',
    'definer_reads',
    'tidemark_definer',
    'r',
    'true',
  ),
  ...same(
    'connection_tests',
    'definer_forgets',
    'tidemark_definer',
    'd',
    "(finished_at < (clock_timestamp() - '30 days'::interval))",
  ),
  ...same('auth.users auth.events agencies agency_operators', 'all_rows', 'tidemark_auth', '*', 'true'),
  ...same('memberships agency_operators', 'own_rows', 'tidemark_person', 'r', ownAndOpen),
  ...same(
    'agencies',
    'own_rows',
    'tidemark_person',
    'r',
    '(id IN ( SELECT agency_operators.agency_id FROM agency_operators))',
  ),
  ...same(
    'tenants',
    'own_rows',
    'tidemark_person',
    'r',
    '((id IN ( SELECT memberships.tenant_id FROM memberships)) OR (agency_id IN ( SELECT agency_operators.agency_id FROM agency_operators)))',
  ),
  ...same(syncTables, 'own_rows', 'tidemark_person', 'r', '(tenant_id IN ( SELECT tenants.id FROM tenants))'),
  ...same(
    'pipeline_stage_counts activities opportunities next_actions crm_writes',
    'own_rows',
    'tidemark_person',
    'r',
    '(tenant_id IN ( SELECT memberships.tenant_id FROM memberships))',
  ),
  ...same('tenants', 'watcher_rows', 'tidemark_watcher', '*', tenantRows('id')),
  ...same(
    `${syncTables} quarantine crm_writes raw_snapshots audit_log quota_days`,
    'watcher_rows',
    'tidemark_watcher',
    '*',
    tenantRows('tenant_id'),
  ),
  ...same('agencies', 'of_tenant', 'tidemark_web', 'r', '(id IN ( SELECT tenants.agency_id FROM tenants))'),
  ...same(
    'agency_operators',
    'of_tenant',
    'tidemark_web',
    'r',
    '(agency_id IN ( SELECT tenants.agency_id FROM tenants))',
  ),
  ...same(
    'auth.users',
    'of_tenant',
    'tidemark_web',
    'r',
    '((id IN ( SELECT memberships.user_id FROM memberships)) OR (id IN ( SELECT agency_operators.user_id FROM agency_operators WHERE (agency_operators.ended_at IS NULL))))',
  ),
  ...same(
    'auth.events',
    'of_tenant',
    'tidemark_web',
    'r',
    `(EXISTS ( SELECT FROM memberships m WHERE ((m.user_id = events.user_id) AND (events.at >= m.added_at) AND (events.at <= COALESCE(m.ended_at, 'infinity'::timestamp with time zone)))))`,
  ),
]

/** Tables without a tenant whose rows are nevertheless not everybody's. */
export const peopleTables = ['agencies', 'agency_operators', 'auth.users', 'auth.events']

/** Tables of the sign-in library that no policy opens: they are its own alone. */
const signInTables = [
  'auth.sessions',
  'auth.accounts',
  'auth.verifications',
  'auth.two_factors',
  'auth.spent_codes',
  'auth.rate_limits',
]

export const tablesWithoutTenant = [
  'workers',
  'sealing_keys',
  'consent_apps',
  ...peopleTables,
  ...signInTables,
]

/** Keys of people and firms stand beside the tenants, and many tenants may share one. */
export const keysToPeople = [
  'memberships_user_id_users_id_fk: auth.users',
  'api_keys_user_id_users_id_fk: auth.users',
  'saved_views_user_id_users_id_fk: auth.users',
]

/**
 * Whose rights each has, and who may ask it. The last two need a table's owner, whoever that is where they were installed; they
 * take no text and touch no row.
 */
export const definerFunctions: [signature: string, owner: string | null, caller: string][] = [
  ['app.claim_due_slots(timestamp with time zone,interval,integer)', 'tidemark_definer', 'tidemark_worker'],
  ['app.queued_runs(integer)', 'tidemark_definer', 'tidemark_worker'],
  ['app.reap_dead_runs(interval,text,text)', 'tidemark_definer', 'tidemark_worker'],
  ['app.forget_answered_requests()', 'tidemark_definer', 'tidemark_worker'],
  ['app.open_connection_tests(integer)', 'tidemark_definer', 'tidemark_worker'],
  ['app.due_crm_writes(integer)', 'tidemark_definer', 'tidemark_worker'],
  ['app.waiting_field_mappings(integer)', 'tidemark_definer', 'tidemark_worker'],
  ['app.forget_connection_tests()', 'tidemark_definer', 'tidemark_worker'],
  ['app.claim_nudged(interval,integer)', 'tidemark_definer', 'tidemark_worker'],
  ['app.forget_nudges()', 'tidemark_definer', 'tidemark_worker'],
  ['app.tenant_of_webhook(bytea)', 'tidemark_definer', 'tidemark_web'],
  ['app.discard_draft(uuid)', 'tidemark_definer', 'tidemark_web'],
  ['app.count_due_actions()', 'tidemark_definer', 'tidemark_operator'],
  ['app.first_agency()', 'tidemark_definer', 'tidemark_web'],
  ['app.tenant_of_api_key(bytea)', 'tidemark_definer', 'tidemark_web'],
  ['app.tenant_of_invitation(bytea)', 'tidemark_definer', 'tidemark_web'],
  ['app.make_snapshot_partitions(integer)', null, 'tidemark_worker'],
  ['app.analyze_records()', null, 'tidemark_worker'],
]

/** One line for each right: on a table as `SELECT on notes`, on a column as `SELECT on notes.body`. */
const rights = (privileges: string, tables: string, columns = '') =>
  privileges
    .split(' ')
    .flatMap((privilege) =>
      tables
        .split(' ')
        .flatMap((table) =>
          columns === ''
            ? [`${privilege} on ${table}`]
            : columns.split(' ').map((column) => `${privilege} on ${table}.${column}`),
        ),
    )

/** How many writes stand where; not what they say. */
const countedOfWrites = 'tenant_id connection_id state settled_at attempts'

const syncState = ['tenants', 'workers', ...syncTables.split(' ')].join(' ')

/** All that these roles may do. */
export const narrowRoles: Record<string, string[]> = {
  tidemark_operator: [
    ...rights('SELECT', `${syncState} alerts`),
    ...rights('SELECT', 'quarantine', 'tenant_id connection_id stream created_at resolved_at'),
    ...rights('SELECT', 'crm_writes', countedOfWrites),
  ],
  tidemark_person: [
    ...rights('SELECT', `tenants ${syncTables} memberships agency_operators agencies`),
    ...rights(
      'SELECT',
      'pipeline_stage_counts',
      'tenant_id connection_id as_of stage_id status currency count amount_minor weighted_minor',
    ),
    ...rights(
      'SELECT',
      'activities',
      'tenant_id id connection_id contact_id opportunity_id due_at is_done deleted_at changed_at',
    ),
    ...rights('SELECT', 'opportunities', 'tenant_id id contact_id status deleted_at next_action_at version'),
    ...rights('SELECT', 'next_actions', 'tenant_id opportunity_id number suggestion_id how made_at'),
    ...rights('SELECT', 'crm_writes', 'tenant_id activity_id'),
  ],
  tidemark_watcher: [
    ...rights('SELECT', `${syncState} quota_days`),
    ...rights('SELECT', 'quarantine', 'tenant_id connection_id run_id stream created_at resolved_at'),
    ...rights('SELECT', 'crm_writes', countedOfWrites),
    ...rights(
      'SELECT',
      'raw_snapshots',
      'tenant_id id connection_id run_id stream seq request status received_at sha256 byte_length records',
    ),
    ...rights('INSERT', 'sync_runs audit_log'),
    ...rights('UPDATE', 'connections', 'rerun_wanted'),
  ],
  tidemark_auth: [
    ...rights('SELECT INSERT UPDATE DELETE', `auth.users ${signInTables.join(' ')}`),
    ...rights('SELECT INSERT', 'auth.events'),
    ...rights('SELECT INSERT UPDATE', 'agencies agency_operators'),
  ],
  tidemark_definer: [
    ...rights('SELECT UPDATE', 'connections sync_runs sync_run_streams'),
    ...rights('INSERT', 'sync_runs'),
    ...rights('DELETE', 'connections'),
    ...rights('SELECT', 'api_keys', 'tenant_id id hash'),
    ...rights('SELECT', 'invitations', 'tenant_id id token_hash'),
    ...rights('SELECT', 'connection_tests', 'tenant_id id connection_id asked_at finished_at'),
    ...rights('DELETE', 'connection_tests nudges'),
    ...rights('SELECT', 'nudges', 'tenant_id connection_id stream received_at settled_at'),
    ...rights('SELECT', 'webhook_addresses', 'tenant_id connection_id token_hash'),
    ...rights('SELECT', 'crm_writes', 'tenant_id connection_id state send_after lease_until expires_at'),
    ...rights('SELECT', 'field_mappings', 'tenant_id connection_id version state made_at'),
    ...rights('SELECT', 'opportunities', 'tenant_id next_action_at'),
    ...rights('SELECT', 'agencies', 'id created_at'),
    ...rights('SELECT', 'answered_requests', 'expires_at'),
    ...rights('DELETE', 'answered_requests'),
  ],
}

/** Of people the other roles see this much, and the web alone. */
export const peopleForTheWeb = [
  ...rights('SELECT', 'auth.users', 'id name email two_factor_enabled'),
  ...rights('SELECT', 'auth.events', 'id at user_id deed address request_id'),
  ...rights('SELECT', 'agencies agency_operators'),
]

/** Only ever added to. */
export const appendOnly = [
  'audit_log',
  'auth.events',
  'raw_snapshots',
  'record_aliases',
  'opportunity_versions',
  'next_actions',
  'lead_metrics',
  'pipeline_stage_counts',
]

/** Rows that somebody may delete: of a tenant's only kept answers that have expired, tests a month old, nudges of three days ago, and drafts. */
export const mayDelete = [
  'answered_requests by tidemark_definer',
  'workers by tidemark_worker',
  'consent_apps by tidemark_worker',
  'connection_tests by tidemark_definer',
  'nudges by tidemark_definer',
  'connections by tidemark_definer',
  ...['auth.users', ...signInTables].map((table) => `${table} by tidemark_auth`),
]
