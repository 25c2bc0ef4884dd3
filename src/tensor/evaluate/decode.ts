// The JSON body of the evaluate API → tensors of a signature: tensors by name, or the plain form for one instance. Knows no HTTP.
import { OutriggerError, type FieldError } from '../../errors.js'
import { dtypeRow } from '../dtype.js'
import { elementCount, type Signature, type Tensor, type TensorInfo } from '../tensor.js'
import { parseJson } from './json.js'
import { isList, maxFaults, pointerStep, readNested, shapeText, sizesOf } from './nested.js'
import { scanInputs, type ArrivingInputs } from './scan.js'

export interface DecodedInputs {
  readonly tensors: Record<string, Tensor>
  /** True when the request gave one instance in the plain form; the answer is then as plain. */
  readonly plain: boolean
}

/** An input with a batch: its first size is free or one. */
const hasBatch = ({ shape }: TensorInfo): boolean => shape !== undefined && shape.length > 0 && (shape[0] === -1 || shape[0] === 1)

const matches = (size: number, wanted: number): boolean => wanted < 0 || size === wanted

/** The sizes that a value of `sizes` takes in a place of `wanted`: the same, or with dimensions of size one that the value left out. Undefined when it does not fit. */
export function fill (sizes: readonly number[], wanted: readonly number[]): number[] | undefined {
  if (wanted.length === 0) return sizes.length === 0 ? [] : undefined
  const [first, ...rest] = wanted as [number, ...number[]]
  if (sizes.length > 0 && sizes.length <= wanted.length && matches(sizes[0]!, first)) {
    const tail = fill(sizes.slice(1), rest)
    if (tail !== undefined) return [sizes[0]!, ...tail]
  }
  if (first !== 1 || sizes.length >= wanted.length) return undefined
  const tail = fill(sizes, rest)
  return tail === undefined ? undefined : [1, ...tail]
}

function expected (info: TensorInfo, plain: boolean): string {
  const shape = info.shape!
  const instance = shape.slice(1)
  const needed = instance.filter(size => size !== 1)
  const one = needed.length === 0 ? 'a single value' : `lists of shape ${shapeText(needed)}`
  return plain ? `one instance takes ${one}, several take shape ${shapeText(shape)}` : `the model takes shape ${shapeText(shape)}`
}

/** Gives a tensor the shape that the signature wants; pushes a fault when it cannot have it. */
function fit (tensor: Tensor, info: TensorInfo, plain: boolean, pointer: string, faults: FieldError[]): Tensor | undefined {
  const { shape } = info
  if (shape === undefined) return tensor
  if (plain && hasBatch(info)) {
    const filled = fill(tensor.shape, shape.slice(1))
    if (filled !== undefined) return { ...tensor, shape: [1, ...filled] }
  } else if (tensor.shape.length === shape.length && tensor.shape.every((size, i) => matches(size, shape[i]!))) {
    return tensor
  }
  faults.push({ pointer, detail: `has shape ${shapeText(tensor.shape)}; ${expected(info, plain)}` })
  return undefined
}

/** Throws REQUEST_INVALID with all faults; the message names the first. */
export function refuse (faults: readonly FieldError[]): never {
  const [first] = faults
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
  throw new OutriggerError('REQUEST_INVALID', `${first!.pointer === '' ? '' : `${first!.pointer} `}${first!.detail}${more}`, { errors: faults })
}

function checkNames (body: object, signature: Signature, given: object, faults: FieldError[]): void {
  const known = [...signature.inputs.keys()]
  for (const name of Object.keys(body)) {
    if (!signature.inputs.has(name)) faults.push({ pointer: pointerStep(name), detail: `is no input of the model; its inputs are ${known.join(', ')}` })
    if (faults.length >= maxFaults) return
  }
  for (const [name, info] of signature.inputs) {
    if (!Object.hasOwn(body, name) && !Object.hasOwn(given, name)) faults.push({ pointer: pointerStep(name), detail: `is missing; the model needs this input (${dtypeRow(info.dtype).numpy}${info.shape === undefined ? '' : ` ${shapeText(info.shape)}`})` })
  }
}

/** Plain when every input with a batch is given below its rank. A mixture is a fault. `rankOf` is undefined for what is not given in the body. */
function isPlain (rankOf: (name: string, info: TensorInfo) => number | undefined, signature: Signature, faults: FieldError[]): boolean {
  const below: string[] = []
  const full: string[] = []
  for (const [name, info] of signature.inputs) {
    const rank = hasBatch(info) ? rankOf(name, info) : undefined
    if (rank === undefined) continue
    if (rank < info.shape!.length) below.push(name)
    else full.push(name)
  }
  if (below.length > 0 && full.length > 0) {
    faults.push(...below.map(name => ({ pointer: pointerStep(name), detail: `is given for one instance while ${full.join(', ')} ${full.length === 1 ? 'is' : 'are'} given with a batch; the model takes shape ${shapeText(signature.inputs.get(name)!.shape!)}` })))
  }
  return below.length > 0 && full.length === 0
}

/**
 * Reads a parsed body. Each input of the signature must be there, nothing else may be; values are checked strictly by dtype and shape.
 * `given` are inputs that came in another form, one instance each (a picture of a form), ready as tensors. Throws REQUEST_INVALID with every fault by JSON Pointer (at most some twenty).
 */
export function decodeInputs (body: unknown, signature: Signature, given: Readonly<Record<string, Tensor>> = {}): DecodedInputs {
  if (typeof body !== 'object' || body === null || isList(body)) {
    return refuse([{ pointer: '', detail: `must be a JSON object with the inputs by name: ${[...signature.inputs.keys()].join(', ')}` }])
  }
  const values = body as Record<string, unknown>
  const faults: FieldError[] = []
  checkNames(values, signature, given, faults)
  const rankOf = (name: string, { dtype }: TensorInfo): number | undefined => Object.hasOwn(values, name) ? sizesOf(values[name], dtype).length : undefined
  const plain = isPlain(rankOf, signature, faults) || (Object.keys(given).length > 0 && Object.keys(values).length === 0)
  if (faults.length > 0) return refuse(faults)
  const tensors: Record<string, Tensor> = { ...given }
  for (const [name, info] of signature.inputs) {
    if (Object.hasOwn(given, name)) continue
    const pointer = pointerStep(name)
    const tensor = readNested(values[name], info.dtype, pointer, faults)
    const fitted = tensor === undefined ? undefined : fit(tensor, info, plain, pointer, faults)
    if (fitted !== undefined) tensors[name] = fitted
    if (faults.length >= maxFaults) break
  }
  return faults.length > 0 ? refuse(faults) : { tensors, plain }
}

/** The same for tensors as a body's lists gave them, one for each input. */
function fitInputs (given: Readonly<Record<string, Tensor>>, signature: Signature): DecodedInputs {
  const faults: FieldError[] = []
  const plain = isPlain(name => given[name]!.shape.length, signature, faults)
  if (faults.length > 0) return refuse(faults)
  const tensors: Record<string, Tensor> = {}
  for (const [name, info] of signature.inputs) {
    const fitted = fit(given[name]!, info, plain, pointerStep(name), faults)
    if (fitted !== undefined) tensors[name] = fitted
    if (faults.length >= maxFaults) break
  }
  return faults.length > 0 ? refuse(faults) : { tensors, plain }
}

/** A body that is JSON → tensors of a signature. `scan` has looked at it while it arrived. Throws REQUEST_NOT_JSON, or like `decodeInputs`. */
export function decodeJson (body: Uint8Array, signature: Signature, scan?: ArrivingInputs): DecodedInputs {
  const scanned = scan?.signature === signature ? scan.result : scanInputs(body, signature)
  return scanned === undefined ? decodeInputs(parseJson(body), signature) : fitInputs(scanned, signature)
}

/** A tensor of one value whose signature takes a batch, e.g. a text or a picture: `[1, …]` of the free sizes. Undefined when the shape has room for more than that. */
export function shapeForOne (info: TensorInfo): number[] | undefined {
  const shape = (info.shape ?? []).map(size => size < 0 ? 1 : size)
  return elementCount(shape) === 1 ? shape : undefined
}
