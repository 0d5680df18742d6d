import type { Field, Kept, ObjectType, Value } from './salesforce-objects.ts'
import { Refusal } from './salesforce-reply.ts'
import type { Schema } from './salesforce-schema.ts'
import type { Condition, Literal, Operator } from './salesforce-soql.ts'

/** Whether a record is meant. */
export type Test = (kept: Kept) => boolean

/** A condition over the records of an object. Throws `Refusal` for fields that are not there and values of the wrong type. */
export function tester(schema: Schema, type: ObjectType, condition: Condition | null): Test {
  if (condition === null) return () => true
  if (condition.kind === 'not') {
    const inner = tester(schema, type, condition.of)
    return (kept) => !inner(kept)
  }
  if (condition.kind === 'and' || condition.kind === 'or') {
    const of = condition.of.map((inner) => tester(schema, type, inner))
    return condition.kind === 'and'
      ? (kept) => of.every((test) => test(kept))
      : (kept) => of.some((test) => test(kept))
  }
  const { field, read } = reader(schema, type, condition.path)
  if (condition.kind === 'compare') {
    const value = checked(field, condition.value)
    return (kept) => holds(condition.operator, read(kept), value)
  }
  const values = new Set(condition.values.map((literal) => checked(field, literal)))
  return (kept) => values.has(read(kept)) === condition.isIn
}

/** The value at a path such as `Account.Name`. */
export function reader(
  schema: Schema,
  type: ObjectType,
  path: string,
): { field: Field; read: (kept: Kept) => Value } {
  const [first = '', ...rest] = path.split('.')
  if (rest.length === 0) {
    const field = schema.field(type, first)
    return { field, read: (kept) => comparable(field, field.read(kept, schema.org)) }
  }
  const via = schema.relationship(type, first)
  const target = schema.object(via.referenceTo?.[0] ?? '')
  const inner = reader(schema, target, rest.join('.'))
  return {
    field: inner.field,
    read: (kept) => {
      const id = via.read(kept, schema.org)
      const found = id === null ? undefined : schema.find(target, String(id))
      return found === undefined ? null : inner.read(found)
    },
  }
}

/** Since when a record must have changed to meet the condition; -Infinity where it does not say. */
export function stampBound(condition: Condition | null): number {
  if (condition === null || condition.kind === 'not' || condition.kind === 'in') return -Infinity
  if (condition.kind === 'and') return Math.max(...condition.of.map(stampBound))
  if (condition.kind === 'or') return Math.min(...condition.of.map(stampBound))
  const isStamp = condition.path.toLowerCase() === 'systemmodstamp'
  const { operator, value } = condition
  return isStamp && value.type === 'instant' && ['=', '>', '>='].includes(operator) ? value.value : -Infinity
}

/** Instants are not written in quotes, texts are; nothing else compares with them. */
function checked(field: Field, literal: Literal): Value {
  const isRight =
    literal.type === 'null' ||
    (field.type === 'datetime' && literal.type === 'instant') ||
    (field.type === 'date' && literal.type === 'date') ||
    (field.type === 'boolean' && literal.type === 'boolean') ||
    (['currency', 'double', 'percent', 'int'].includes(field.type) && literal.type === 'number') ||
    (!['datetime', 'date', 'boolean', 'currency', 'double', 'percent', 'int'].includes(field.type) &&
      literal.type === 'text')
  if (!isRight)
    throw new Refusal(
      400,
      'INVALID_FIELD',
      `value of filter criterion for field '${field.name}' must be of type ${field.type}`,
    )
  return comparable(field, literal.value)
}

/** Texts compare without case; of ids the fifteen characters that tell them apart, with it. */
function comparable({ type }: Field, value: Value): Value {
  if (typeof value !== 'string') return value
  return type === 'id' || type === 'reference' ? value.slice(0, 15) : value.toLowerCase()
}

function holds(operator: Operator, held: Value, wanted: Value): boolean {
  if (operator === '=') return held === wanted
  if (operator === '!=') return held !== wanted
  if (held === null || wanted === null) return false
  if (operator === 'like') return likeness(String(wanted)).test(String(held))
  if (operator === '<') return held < wanted
  if (operator === '<=') return held <= wanted
  return operator === '>' ? held > wanted : held >= wanted
}

function likeness(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('%', '.*').replaceAll('_', '.')}$`, 'is')
}
