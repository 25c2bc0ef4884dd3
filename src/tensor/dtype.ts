// TensorFlow's element types: name, number on the wire, the words used for them, and the typed array that holds them. Source: tensorflow/core/framework/types.proto.

type ArrayConstructor =
  | typeof Float32Array | typeof Float64Array
  | typeof Int8Array | typeof Int16Array | typeof Int32Array | typeof BigInt64Array
  | typeof Uint8Array | typeof Uint16Array | typeof Uint32Array | typeof BigUint64Array

interface DTypeRow {
  /** Number of the enum value. */
  readonly number: number
  /** TensorFlow's short word, as its messages print it. */
  readonly short: string
  /** NumPy's word, as our own API and descriptions print it. */
  readonly numpy: string
  /** Holds the elements; absent for strings. Halves and bfloat16 are kept as their 16-bit patterns, complex numbers as pairs. */
  readonly array?: ArrayConstructor
  /** Array elements per tensor element; 2 for complex numbers. */
  readonly lanes?: 2
}

export const dtypes = {
  DT_FLOAT: { number: 1, short: 'float', numpy: 'float32', array: Float32Array },
  DT_DOUBLE: { number: 2, short: 'double', numpy: 'float64', array: Float64Array },
  DT_INT32: { number: 3, short: 'int32', numpy: 'int32', array: Int32Array },
  DT_UINT8: { number: 4, short: 'uint8', numpy: 'uint8', array: Uint8Array },
  DT_INT16: { number: 5, short: 'int16', numpy: 'int16', array: Int16Array },
  DT_INT8: { number: 6, short: 'int8', numpy: 'int8', array: Int8Array },
  DT_STRING: { number: 7, short: 'string', numpy: 'string' },
  DT_COMPLEX64: { number: 8, short: 'complex64', numpy: 'complex64', array: Float32Array, lanes: 2 },
  DT_INT64: { number: 9, short: 'int64', numpy: 'int64', array: BigInt64Array },
  DT_BOOL: { number: 10, short: 'bool', numpy: 'bool', array: Uint8Array },
  DT_QINT8: { number: 11, short: 'qint8', numpy: 'qint8', array: Int8Array },
  DT_QUINT8: { number: 12, short: 'quint8', numpy: 'quint8', array: Uint8Array },
  DT_QINT32: { number: 13, short: 'qint32', numpy: 'qint32', array: Int32Array },
  DT_BFLOAT16: { number: 14, short: 'bfloat16', numpy: 'bfloat16', array: Uint16Array },
  DT_QINT16: { number: 15, short: 'qint16', numpy: 'qint16', array: Int16Array },
  DT_QUINT16: { number: 16, short: 'quint16', numpy: 'quint16', array: Uint16Array },
  DT_UINT16: { number: 17, short: 'uint16', numpy: 'uint16', array: Uint16Array },
  DT_COMPLEX128: { number: 18, short: 'complex128', numpy: 'complex128', array: Float64Array, lanes: 2 },
  DT_HALF: { number: 19, short: 'half', numpy: 'float16', array: Uint16Array },
  DT_RESOURCE: { number: 20, short: 'resource', numpy: 'resource' },
  DT_VARIANT: { number: 21, short: 'variant', numpy: 'variant' },
  DT_UINT32: { number: 22, short: 'uint32', numpy: 'uint32', array: Uint32Array },
  DT_UINT64: { number: 23, short: 'uint64', numpy: 'uint64', array: BigUint64Array }
} as const satisfies Record<string, DTypeRow>

export type DType = keyof typeof dtypes

const byNumber = new Map<number, DType>(Object.entries(dtypes).map(([name, row]) => [row.number, name as DType]))

export const dtypeRow = (dtype: DType): DTypeRow => dtypes[dtype]

/** The type with this enum number (reference types, numbered 100 higher, count as their base type), or undefined. */
export const dtypeOfNumber = (number: number): DType | undefined => byNumber.get(number > 100 ? number - 100 : number)

/** Bytes of one tensor element; undefined for strings, resources and variants, which have no fixed size. */
export function elementBytes (dtype: DType): number | undefined {
  const row = dtypeRow(dtype)
  return row.array === undefined ? undefined : row.array.BYTES_PER_ELEMENT * (row.lanes ?? 1)
}
