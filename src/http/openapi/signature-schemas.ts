// JSON Schemas of TensorFlow Serving's row and columnar JSON for one signature. Pure.
import type { DType } from '../../tensor/dtype.js'
import type { Signature, TensorInfo } from '../../tensor/tensor.js'
import { schemaRef, type Schema } from './document-types.js'

/** Bytes may come as text or, where they are none, in base64. */
const stringElement: Schema = {
  anyOf: [{ type: 'string' }, { type: 'object', required: ['b64'], properties: { b64: { type: 'string', contentEncoding: 'base64' } } }]
}

function element (dtype: DType): Schema {
  if (dtype === 'DT_STRING') return stringElement
  if (dtype === 'DT_BOOL') return { type: 'boolean' }
  if (/^DT_Q?U?INT/.test(dtype)) return { type: 'integer' }
  if (dtype === 'DT_FLOAT' || dtype === 'DT_DOUBLE' || dtype === 'DT_HALF' || dtype === 'DT_BFLOAT16') return { type: 'number' }
  return {}
}

/** Nested lists of this shape; a size of -1 takes any length. */
function nested (dtype: DType, shape: readonly number[]): Schema {
  return [...shape].reverse().reduce<Schema>((items, size) => ({ type: 'array', items, ...(size < 0 ? {} : { minItems: size, maxItems: size }) }), element(dtype))
}

/** A whole tensor; anything where the rank is unknown. */
const tensorSchema = ({ dtype, shape }: TensorInfo): Schema => shape === undefined ? {} : nested(dtype, shape)

/** One row of a tensor: the shape without the batch. */
const rowSchema = ({ dtype, shape }: TensorInfo): Schema => shape === undefined || shape.length === 0 ? {} : nested(dtype, shape.slice(1))

function byName (infos: ReadonlyMap<string, TensorInfo>, schemaOf: (info: TensorInfo) => Schema): Schema {
  const names = [...infos.keys()].sort()
  return { type: 'object', required: names, properties: Object.fromEntries(names.map(name => [name, schemaOf(infos.get(name) as TensorInfo)])) }
}

const anyShapeName = (dtype: DType): string => `AnyShape-${dtype}`

/** The model server does not hold a request to the signature: what it computes all the same has the shape that follows from the request. */
const orOther = (schema: Schema, { dtype }: TensorInfo): Schema => Object.keys(schema).length === 0 ? schema : { anyOf: [schema, schemaRef(anyShapeName(dtype))] }

/** The components that `predictResponseSchema` refers to: any nesting of the elements of each dtype. */
export const anyShapes = ({ outputs }: Signature): Readonly<Record<string, Schema>> => Object.fromEntries([...outputs.values()].map(({ dtype }) => [
  anyShapeName(dtype),
  { title: `${dtype} of any shape`, description: 'Another shape, where the request had another one and the model took it.', anyOf: [element(dtype), { type: 'array', items: schemaRef(anyShapeName(dtype)) }] }
]))

/** Of several tensors an object by name; a single one may, and in answers does, stand for itself. */
function named (infos: ReadonlyMap<string, TensorInfo>, schemaOf: (info: TensorInfo) => Schema, form: 'request' | 'response'): Schema {
  const [only] = infos.values()
  if (infos.size !== 1) return byName(infos, schemaOf)
  return form === 'response' ? schemaOf(only) : { anyOf: [schemaOf(only), byName(infos, schemaOf)] }
}

/** The body of `:predict`: rows under `instances`, or tensors under `inputs`. */
export function predictRequestSchema (signature: Signature): Schema {
  const signatureName = { type: 'string', description: 'serving_default unless given.' }
  return {
    title: `Request of ${signature.name}`,
    anyOf: [
      { title: 'Rows', type: 'object', required: ['instances'], properties: { signature_name: signatureName, instances: { type: 'array', minItems: 1, items: named(signature.inputs, rowSchema, 'request') } } },
      { title: 'Columns', type: 'object', required: ['inputs'], properties: { signature_name: signatureName, inputs: named(signature.inputs, tensorSchema, 'request') } }
    ]
  }
}

/** The answer of `:predict`, in the form of the question. Not-a-number and infinities are written as bare words, which strict JSON parsers refuse. */
export function predictResponseSchema (signature: Signature): Schema {
  return {
    title: `Answer of ${signature.name}`,
    anyOf: [
      { title: 'Rows', type: 'object', required: ['predictions'], properties: { predictions: { type: 'array', items: named(signature.outputs, info => orOther(rowSchema(info), info), 'response') } } },
      { title: 'Columns', type: 'object', required: ['outputs'], properties: { outputs: named(signature.outputs, info => orOther(tensorSchema(info), info), 'response') } }
    ]
  }
}
