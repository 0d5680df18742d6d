import type { ViewPage } from '../../drizzle/schema/views.ts'
import { dueForm } from './due-filters.ts'
import { leadForm } from './lead-filters.ts'
import type { AskForm } from './list-ask.ts'
import { hotForm, noteForm, scheduleForm } from './list-filters.ts'
import { pipelineForm } from './pipeline-filters.ts'

/** What each list understands, and so what a view of it can hold. A list becomes one that views are saved of by a line here. */
export const viewForms: Readonly<Partial<Record<ViewPage, AskForm>>> = {
  due: dueForm,
  leads: leadForm,
  pipeline: pipelineForm,
  'hot-list': hotForm,
  notes: noteForm,
  schedule: scheduleForm,
}
