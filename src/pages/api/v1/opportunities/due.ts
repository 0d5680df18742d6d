import { api } from '../../../../server/answers.ts'
import { opportunitiesDue } from '../../../../server/opportunities-due.ts'

/** What is due. Asked by GET, it is answered before it comes here: src/server/short-way.ts. */
export const GET = api(opportunitiesDue)
