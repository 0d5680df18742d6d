import type { Reply } from './reply.ts'
import type { Held } from './salesforce-notes.ts'
import { notFound } from './salesforce-reply.ts'
import type { Schema } from './salesforce-schema.ts'

/**
 * The bytes of a blob field, as they are: "sObject Blob Get" of the REST API Developer Guide at https://developer.salesforce.com
 * (read 2026-11-21). Throws `Refusal`.
 */
export function readBlob(schema: Schema, [name = '', id = '', blob = '']: string[]): Reply {
  const type = schema.objectAt(name)
  const field = schema.fields(type).find((one) => one.name.toLowerCase() === blob.toLowerCase())
  const kept = schema.find(type, id)
  if (field?.type !== 'base64' || kept === undefined || kept.removedAt > 0) throw notFound()
  const { text } = schema.org.textOf(kept.of as Held)
  return { status: 200, headers: { 'content-type': 'application/octetstream' }, body: Buffer.from(text) }
}
