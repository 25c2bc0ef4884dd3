// Nested lists ↔ flat tensor data: finds the shape, refuses ragged lists, names each fault by its JSON Pointer. Knows no signature.
import type { FieldError } from '../../errors.js'
import { dtypeRow, type DType } from '../dtype.js'
import { allocate, elementCount, type NumericData, type Tensor } from '../tensor.js'
import { elementReader, type Element } from './element.js'

/** How many faults are collected before reading ends. */
export const maxFaults = 20
/** No tensor has more dimensions than this (TensorFlow's limit). */
const maxRank = 254

export const pointerStep = (name: string | number): string => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** A shape in messages; free sizes are n. */
export const shapeText = (shape: readonly number[]): string => `[${shape.map(size => size < 0 ? 'n' : size).join(', ')}]`

/** A typed array counts as a list of its elements. */
export const isList = (value: unknown): value is ArrayLike<unknown> => Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))

/** Lists are arrays, and typed arrays unless the elements are strings, whose bytes they are. */
const listed = (value: unknown, dtype: DType): value is ArrayLike<unknown> => dtype === 'DT_STRING' ? Array.isArray(value) : isList(value)

/** The sizes by following first elements; an empty list ends the way. */
export function sizesOf (value: unknown, dtype: DType): number[] {
  const sizes: number[] = []
  for (let at = value; listed(at, dtype) && sizes.length <= maxRank; at = at[0]) {
    sizes.push(at.length)
    if (at.length === 0) break
  }
  return sizes
}

/** Room for this many elements is made at first. First elements can promise far more values than follow, so room for more comes with the values. */
const firstElements = 4096

function grown (dtype: DType, data: NumericData, most: number): NumericData {
  const larger = allocate(dtype, Math.min(most, data.length * 4))
  larger.set(data as never)
  return larger
}

/**
 * Reads nested lists into a tensor with the sizes that the lists have. `pointer` is where the value stands in the body.
 * Pushes to `faults` and answers undefined when lists are ragged or an element does not fit the dtype.
 */
export function readNested (value: unknown, dtype: DType, pointer: string, faults: FieldError[]): Tensor | undefined {
  const read = elementReader(dtype)
  const shape = sizesOf(value, dtype)
  if (read === undefined) {
    faults.push({ pointer, detail: `has the type ${dtypeRow(dtype).numpy}, which cannot be given here` })
    return undefined
  }
  if (shape.length > maxRank) {
    faults.push({ pointer, detail: `is nested deeper than ${maxRank} lists` })
    return undefined
  }
  const before = faults.length
  let data: Element[] | ReturnType<typeof allocate> = dtype === 'DT_STRING' ? [] : allocate(dtype, Math.min(elementCount(shape), firstElements))
  const path: number[] = []
  const fault = (detail: string): void => { faults.push({ pointer: pointer + path.map(pointerStep).join(''), detail }) }
  let next = 0

  const visit = (part: unknown, depth: number): void => {
    if (faults.length - before >= maxFaults) return
    if (depth < shape.length) {
      if (!listed(part, dtype)) return fault(`must be a list of ${shape[depth]} like the lists beside it`)
      if (part.length !== shape[depth]) return fault(`has ${part.length} values where the lists beside it have ${shape[depth]}`)
      path.push(0)
      for (let i = 0; i < part.length; i++) {
        path[depth] = i
        visit(part[i], depth + 1)
      }
      path.pop()
      return
    }
    const element = read(part)
    if (typeof element === 'string') fault(element)
    else {
      if (dtype !== 'DT_STRING' && next === data.length) data = grown(dtype, data as NumericData, elementCount(shape))
      data[next++] = element
    }
  }
  visit(value, 0)
  return faults.length > before ? undefined : { dtype, shape, data: data as Tensor['data'] }
}

/** Cuts flat data into nested lists of the given sizes; a scalar is the element itself. */
export function nest<T> (data: ArrayLike<T>, shape: readonly number[], lanes = 1): unknown {
  let next = 0
  const take = (depth: number): unknown => {
    if (depth === shape.length) {
      if (lanes === 1) return data[next++]
      return Array.from({ length: lanes }, () => data[next++])
    }
    return Array.from({ length: shape[depth]! }, () => take(depth + 1))
  }
  return take(0)
}
