/**
 * What becomes of an activity that was called off, moved to another one, or that the other side did not come to, whatever CRM says so:
 * nothing is to be done about it any more, it is due at no time, and it was no contact. When it would have been stays among the
 * unmapped fields.
 */
export const calledOff = { dueAt: null, endsAt: null, completedAt: null, isDone: true } as const

/** Whether the CRM's own word for how an activity stands says so: `CANCELED`, `Cancelled`, `NO_SHOW`, `Rescheduled`. */
export const isCalledOff = (word: string): boolean =>
  /^(cancell?ed|no[ _-]?show|rescheduled)$/i.test(word.trim())
