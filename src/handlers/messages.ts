// What a pool and its worker threads tell each other, and how tensors are packed so that they cross by moving, not by cloning. Starts nothing.
import { dtypes, type DType } from '../tensor/dtype.js'
import type { NumericData, Tensor, Tensors } from '../tensor/tensor.js'
import type { HandlerLog } from './context.js'
import type { Fault, Stage } from './fault.js'
import type { RuntimeSettings } from './runtime.js'
import type { FormPart, HandlerAnswer, HandlerDescription } from './version-handler.js'

/** Given to each thread when it starts. */
export type WorkerSettings = RuntimeSettings

export interface CallHead { readonly id: string, readonly requestId: string, readonly signature: string }

export type Task =
  | { readonly kind: 'load', readonly id: string }
  | { readonly kind: 'preprocess', readonly call: CallHead, readonly mediaType: string, readonly body: Uint8Array, readonly parts: readonly FormPart[] | undefined }
  | { readonly kind: 'postprocess', readonly call: CallHead, readonly outputs: PackedTensors, readonly carry: Record<string, unknown> }

/** A task always ends with a value; what the handler threw is a fault in it. */
export type Done =
  | { readonly kind: 'loaded', readonly description: HandlerDescription }
  | { readonly kind: 'inputs', readonly tensors: PackedTensors, readonly carry: Record<string, unknown> }
  | { readonly kind: 'answer', readonly answer: HandlerAnswer }
  | { readonly kind: 'fault', readonly fault: Fault }

/** Worker → pool, over the port of the thread. `begin`: the time limit of this stage runs from now. */
export type FromWorker =
  | { readonly kind: 'begin', readonly id: string, readonly stage: Stage }
  | { readonly kind: 'log', readonly level: keyof HandlerLog, readonly message: string, readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: 'predict', readonly id: string, readonly nonce: number, readonly model: string, readonly tensors: PackedTensors }
  | { readonly kind: 'disposed', readonly detail: string | undefined }

/** Pool → worker. */
export type ToWorker =
  | { readonly kind: 'abort', readonly id: string }
  | { readonly kind: 'predicted', readonly nonce: number, readonly outputs?: PackedTensors, readonly fault?: Fault }
  | { readonly kind: 'dispose' }

type Packed =
  | { readonly dtype: DType, readonly shape: readonly number[], readonly data: NumericData }
  | { readonly dtype: DType, readonly shape: readonly number[], readonly bytes: Uint8Array, readonly ends: Float64Array }

export type PackedTensors = Readonly<Record<string, Packed>>

/** A copy of its own, so that moving it takes nothing from whoever holds the original. */
export function ownBytes (bytes: Uint8Array, moved: ArrayBuffer[]): Uint8Array {
  const copy = new Uint8Array(bytes)
  moved.push(copy.buffer)
  return copy
}

function packOne ({ dtype, shape, data }: Tensor, moved: ArrayBuffer[]): Packed {
  if (dtypes[dtype] !== undefined && 'array' in dtypes[dtype]) {
    const copy = (data as Float32Array<ArrayBuffer>).slice()
    moved.push(copy.buffer)
    return { dtype, shape, data: copy }
  }
  const items = data as readonly Uint8Array[]
  const ends = new Float64Array(items.length)
  let total = 0
  for (let i = 0; i < items.length; i++) ends[i] = total += items[i]!.length
  const bytes = new Uint8Array(total)
  for (let i = 0; i < items.length; i++) bytes.set(items[i]!, ends[i]! - items[i]!.length)
  moved.push(bytes.buffer, ends.buffer)
  return { dtype, shape, bytes, ends }
}

/** Copies once into arrays of their own and adds those to `moved`, the transfer list. */
export const packTensors = (tensors: Tensors, moved: ArrayBuffer[]): PackedTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, packOne(tensor, moved)]))

function unpackOne (packed: Packed): Tensor {
  if ('data' in packed) return packed
  const { dtype, shape, bytes, ends } = packed
  const data: Uint8Array[] = []
  let start = 0
  for (const end of ends) {
    data.push(bytes.subarray(start, end))
    start = end
  }
  return { dtype, shape, data }
}

export const unpackTensors = (packed: PackedTensors): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(packed).map(([name, one]) => [name, unpackOne(one)]))
