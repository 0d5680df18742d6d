/** The vocabulary that worker and web agree on. */
export * from './tenancy.ts'
export * from './connections.ts'
export * from './sync.ts'
export * from './snapshots.ts'
export * from './crm.ts'
export * from './history.ts'
export * from './measures.ts'
