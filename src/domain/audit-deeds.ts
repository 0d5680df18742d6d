/** What the audit log of a workspace can say was done, with the words of its page. */
export const auditDeeds = {
  member_invited: 'Invited',
  invitation_revoked: 'Invitation withdrawn',
  member_joined: 'Joined',
  role_changed: 'Role changed',
  member_removed: 'Removed',
  second_factor_demanded: 'Second factor demanded',
  second_factor_no_longer_demanded: 'Second factor no longer demanded',
  api_key_made: 'API key made',
  api_key_revoked: 'API key revoked',
  connection_added: 'Connection added',
  connection_changed: 'Connection changed',
  connection_started: 'Connection started',
  connection_tested: 'Connection tested',
  connection_paused: 'Connection paused',
  connection_resumed: 'Connection resumed',
  credentials_changed: 'Credentials changed',
  credentials_resealed: 'Credentials sealed anew',
  sync_asked_for: 'Sync asked for',
  exported: 'Exported',
  operator_looked: 'Looked at by an operator',
} as const

export type AuditDeed = keyof typeof auditDeeds
