import type { Field, FieldType, ObjectType } from './salesforce-objects.ts'
import type { Schema } from './salesforce-schema.ts'
import { API_VERSION } from './salesforce-wire.ts'

/** What the user may see of an object: "sObject Describe" of the REST API Developer Guide (read 2026-11-20), by the keys that clients read. */
export function describe(schema: Schema, type: ObjectType): object {
  const fields = schema.fields(type)
  return {
    name: type.name,
    label: type.name,
    keyPrefix: type.keyPrefix,
    custom: false,
    queryable: true,
    replicateable: type.isReplicateable,
    retrieveable: true,
    searchable: true,
    updateable: true,
    fields: fields.map((field) => described(schema, field)),
    recordTypeInfos: [],
    childRelationships: [],
    urls: urlsOf(type.name),
  }
}

/** All objects, in short. */
export function describeAll(schema: Schema): object {
  const sobjects = schema.names.map((name) => {
    const { keyPrefix, isReplicateable } = schema.object(name)
    return {
      name,
      label: name,
      keyPrefix,
      custom: false,
      queryable: true,
      replicateable: isReplicateable,
      urls: urlsOf(name),
    }
  })
  return { encoding: 'UTF-8', maxBatchSize: 200, sobjects }
}

function described(schema: Schema, field: Field): object {
  const { name, type, isCalculated = false, relationshipName = null, referenceTo = [] } = field
  return {
    name,
    label: name.replace(/__c$/, '').replaceAll(/([a-z])([A-Z])/g, '$1 $2'),
    type,
    soapType: soapTypes[type] ?? 'xsd:string',
    custom: name.endsWith('__c'),
    calculated: isCalculated,
    nillable: name !== 'Id',
    filterable: type !== 'textarea',
    sortable: type !== 'textarea',
    length: type === 'id' || type === 'reference' ? 18 : type === 'textarea' ? 32_000 : 255,
    precision: type === 'currency' ? 18 : 0,
    scale: type === 'currency' ? 2 : 0,
    referenceTo,
    relationshipName,
    picklistValues: (field.values?.(schema.org) ?? []).map((value) => {
      return { active: true, defaultValue: false, label: value, value, validFor: null }
    }),
  }
}

const soapTypes: Partial<Record<FieldType, string>> = {
  id: 'tns:ID',
  reference: 'tns:ID',
  boolean: 'xsd:boolean',
  currency: 'xsd:double',
  double: 'xsd:double',
  percent: 'xsd:double',
  int: 'xsd:int',
  date: 'xsd:date',
  datetime: 'xsd:dateTime',
}

function urlsOf(name: string): object {
  const sobject = `/services/data/v${API_VERSION}/sobjects/${name}`
  return { sobject, describe: `${sobject}/describe`, rowTemplate: `${sobject}/{ID}` }
}
