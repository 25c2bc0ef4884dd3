// What `preprocess` returned → tensors as the signature asks for them. Knows no request.
import type { FieldError } from '../errors.js'
import { dtypeRow } from '../tensor/dtype.js'
import { isTensor } from '../tensor/evaluate/json.js'
import { readNested, shapeText } from '../tensor/evaluate/nested.js'
import { fill } from '../tensor/evaluate/decode.js'
import { elementCount, type Signature, type Tensor, type TensorInfo } from '../tensor/tensor.js'
import { bytesAsElements, castData } from './tensors.js'

/** A fault of what a handler returned; the message is ours and names the input. */
export class ReturnFault extends Error {
  /** The value that does not fit its dtype, where it is one: the input's name and the pointer below it. */
  readonly at: { readonly name: string, readonly place: FieldError } | undefined
  constructor (message: string, at?: ReturnFault['at']) {
    super(message)
    this.at = at
  }
}

/** The full shape for flat data: one free size is computed from the count. */
function inferShape (count: number, shape: readonly number[]): number[] | undefined {
  const known = elementCount(shape.filter(size => size >= 0))
  const free = shape.filter(size => size < 0).length
  if (free === 0) return known === count ? [...shape] : undefined
  if (free > 1) return undefined
  return known > 0 && count % known === 0 ? shape.map(size => size < 0 ? count / known : size) : undefined
}

function shaped (tensor: Tensor, { shape: wanted }: TensorInfo, what: string, flat: boolean): Tensor {
  if (wanted === undefined) return tensor
  const { shape } = tensor
  if (shape.length === wanted.length && shape.every((size, i) => wanted[i]! < 0 || size === wanted[i])) return tensor
  const fitted = flat ? inferShape(tensor.data.length, wanted) : fill(shape, wanted.map((size, i) => i === 0 && size < 0 && shape.length < wanted.length ? 1 : size))
  if (fitted === undefined) throw new ReturnFault(`preprocess returned ${what} with shape ${shapeText(shape)} where the model takes ${shapeText(wanted)}`)
  return { ...tensor, shape: fitted }
}

function convert (value: unknown, info: TensorInfo, name: string): Tensor {
  const what = JSON.stringify(name)
  const wanted = dtypeRow(info.dtype)
  if (isTensor(value)) {
    const count = elementCount(value.shape) * (wanted.lanes ?? 1)
    if (value.data.length !== count) throw new ReturnFault(`preprocess returned ${what} with shape ${shapeText(value.shape)} and ${value.data.length} values`)
    if (value.dtype !== info.dtype) throw new ReturnFault(`preprocess returned ${what} as ${dtypeRow(value.dtype).numpy} where the model takes ${wanted.numpy}`)
    return shaped(value, info, what, false)
  }
  if (ArrayBuffer.isView(value) && info.dtype !== 'DT_STRING') {
    if (wanted.array === undefined || wanted.lanes !== undefined) throw new ReturnFault(`preprocess must return ${what} as a tensor, since the model takes ${wanted.numpy}`)
    try {
      const data = castData(info.dtype, value as unknown as ArrayLike<number>)
      return shaped({ dtype: info.dtype, shape: [data.length], data }, info, what, true)
    } catch (error) {
      if (error instanceof ReturnFault) throw error
      throw new ReturnFault(`preprocess returned ${what} with values that ${wanted.numpy} cannot hold`)
    }
  }
  const faults: FieldError[] = []
  const tensor = readNested(info.dtype === 'DT_STRING' ? bytesAsElements(value) : value, info.dtype, '', faults)
  if (tensor === undefined) throw new ReturnFault(`preprocess returned ${what} that does not fit: ${faults[0]!.pointer === '' ? 'it' : `the value at ${faults[0]!.pointer}`} ${faults[0]!.detail}`, { name, place: faults[0]! })
  return shaped(tensor, info, what, false)
}

/**
 * Tensors by name for the signature: tensors are taken when dtype and shape fit, typed arrays are flat data in row-major order, nested lists are read strictly; a dimension of size one may be left out.
 * Throws a ReturnFault that names the input.
 */
export function convertTensors (returned: unknown, signature: Signature): Record<string, Tensor> {
  if (typeof returned !== 'object' || returned === null || Array.isArray(returned) || ArrayBuffer.isView(returned)) throw new ReturnFault('preprocess must return an object with a tensor for each input of the model by name')
  const known = [...signature.inputs.keys()]
  const unknown = Object.keys(returned).find(name => !signature.inputs.has(name))
  if (unknown !== undefined) throw new ReturnFault(`preprocess returned the input ${JSON.stringify(unknown)}, which the model does not have; its inputs are ${known.join(', ')}`)
  const tensors: Record<string, Tensor> = {}
  for (const [name, info] of signature.inputs) {
    if (!Object.hasOwn(returned, name)) throw new ReturnFault(`preprocess returned no ${JSON.stringify(name)}, which the model needs`)
    tensors[name] = convert((returned as Record<string, unknown>)[name], info, name)
  }
  return tensors
}
