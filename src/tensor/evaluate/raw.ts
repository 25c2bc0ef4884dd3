// Raw little-endian bytes → one tensor. Knows no HTTP.
import { dtypeRow, elementBytes } from '../dtype.js'
import { elementCount, viewOf, type Tensor, type TensorInfo } from '../tensor.js'
import { refuse, type DecodedInputs } from './decode.js'
import { shapeText } from './nested.js'

function checkShape (given: readonly number[], wanted: readonly number[] | undefined): void {
  if (wanted !== undefined && (given.length !== wanted.length || given.some((size, i) => wanted[i]! >= 0 && wanted[i] !== size))) {
    refuse([{ pointer: '', detail: `has the shape ${shapeText(given)} where the model takes ${shapeText(wanted)}` }])
  }
}

/** With one free size it follows from the length; with several the caller must give the shape. */
function inferShape (elements: number, { shape }: TensorInfo): number[] {
  const free = shape?.filter(size => size < 0).length
  if (shape === undefined || free === undefined || free > 1) return refuse([{ pointer: '', detail: `needs the header outrigger-shape (for example 1,224,224,3), since the model's shape ${shape === undefined ? 'is unknown' : `${shapeText(shape)} has several free sizes`}` }])
  const known = elementCount(shape.filter(size => size >= 0))
  const size = free === 0 ? 1 : elements / known
  const inferred = shape.map(one => one < 0 ? size : one)
  if (!Number.isInteger(size) || elementCount(inferred) !== elements || elements === 0) return refuse([{ pointer: '', detail: `holds ${elements} values, which do not fill the shape ${shapeText(shape)}` }])
  return inferred
}

/**
 * The bytes as values of the input's dtype, row by row, little-endian (the order of every machine that this runs on). `shape` is what the caller says, else it is inferred where one size is free.
 * Counts as the plain form when it is one instance. The data may share memory with `bytes`, which must not change afterwards. Throws REQUEST_INVALID.
 */
export function decodeRaw (bytes: Uint8Array, name: string, info: TensorInfo, shape: readonly number[] | undefined): DecodedInputs {
  const size = elementBytes(info.dtype)!
  const { numpy } = dtypeRow(info.dtype)
  if (bytes.length % size !== 0) return refuse([{ pointer: '', detail: `has ${bytes.length} bytes, which is no whole number of ${numpy} values of ${size} bytes` }])
  const elements = bytes.length / size
  if (shape !== undefined) {
    checkShape(shape, info.shape)
    // Each empty list of such an answer would cost bytes that the caller never sent.
    if (elements === 0 && shape[0] !== 0) return refuse([{ pointer: '', detail: `holds no values, which takes a shape that begins with 0, not ${shapeText(shape)}` }])
    if (elementCount(shape) !== elements) return refuse([{ pointer: '', detail: `holds ${elements} ${numpy} values where the shape ${shapeText(shape)} takes ${elementCount(shape)}` }])
  }
  const sizes = shape ?? inferShape(elements, info)
  const data = viewOf(info.dtype, bytes)
  if (info.dtype === 'DT_BOOL' && (data as Uint8Array).some(value => value > 1)) return refuse([{ pointer: '', detail: 'holds bytes that are neither 0 nor 1 for bool values' }])
  const tensor: Tensor = { dtype: info.dtype, shape: [...sizes], data }
  return { tensors: { [name]: tensor }, plain: info.shape?.[0] === -1 && sizes[0] === 1 }
}
