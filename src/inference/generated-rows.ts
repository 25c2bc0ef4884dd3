// Rows for a model of which nothing is known but its signature: different in sign, size and order, so that a graph that looks across rows shows it. The same rows every time.
import { dtypeRow } from '../tensor/dtype.js'
import { float32ToBfloat16, float32ToHalf } from '../tensor/half.js'
import { allocate, elementCount, type NumericData, type Signature, type Tensor, type TensorInfo, type Tensors } from '../tensor/tensor.js'

type Chance = () => number

/** From 0 to below 1, each seed its own sequence (mulberry32). */
function chance (seed: number): Chance {
  let state = Math.imul(seed + 1, 0x9e3779b9) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ state >>> 15, 1 | state)
    x = x + Math.imul(x ^ x >>> 7, 61 | x) ^ x
    return ((x ^ x >>> 14) >>> 0) / 2 ** 32
  }
}

const normal = (next: Chance): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())

interface RowKind { readonly real: (next: Chance) => number, /** Whole numbers go from 0 to it: a vocabulary may be small, and a number outside it is refused. */ readonly largest: number }

/** Neither their sizes nor their signs rise or fall from row to row. */
const kinds: readonly RowKind[] = [
  { real: normal, largest: 1 },
  { real: next => 30 * normal(next), largest: 9 },
  { real: next => next(), largest: 2 },
  { real: next => -3 * Math.abs(normal(next)), largest: 99 },
  { real: next => Math.floor(next() * 10), largest: 4 },
  { real: next => 0.01 * normal(next), largest: 1 },
  { real: next => 255 * next(), largest: 30 },
  { real: next => 2 + normal(next), largest: 3 }
]

const words = ['a', 'male', 'The weather is fine today, is it not?', '3', 'S', '', 'female', 'Grüezi', '0.5', 'no', 'Q', 'this was a terrible film'].map(word => Buffer.from(word))

function value (info: TensorInfo, inner: readonly number[], kind: RowKind, next: Chance): Tensor {
  const { dtype } = info
  const shape = [1, ...inner]
  const count = elementCount(shape)
  if (dtype === 'DT_STRING') return { dtype, shape, data: Array.from({ length: count }, () => words[Math.floor(next() * words.length)]) }
  const whole = (): number => Math.floor(next() * (kind.largest + 1))
  const of: Partial<Record<typeof dtype, () => number | bigint>> = {
    DT_FLOAT: () => kind.real(next), DT_DOUBLE: () => kind.real(next), DT_COMPLEX64: () => kind.real(next), DT_COMPLEX128: () => kind.real(next),
    DT_HALF: () => float32ToHalf(kind.real(next)), DT_BFLOAT16: () => float32ToBfloat16(kind.real(next)),
    DT_BOOL: () => next() < 0.5 ? 0 : 1, DT_INT64: () => BigInt(whole()), DT_UINT64: () => BigInt(whole())
  }
  const element = of[dtype] ?? whole
  const data = allocate(dtype, count)
  for (let i = 0; i < data.length; i++) data[i] = element() as never
  return { dtype, shape, data: data as NumericData }
}

/** Requests of one row each that fit the signature, whose inputs must have a known rank of at least 1; inner sizes that are not known are all `size`. [] where a dtype has no values. */
export function generatedRows (signature: Signature, size: number): Tensors[] {
  if ([...signature.inputs.values()].some(({ dtype }) => dtype !== 'DT_STRING' && dtypeRow(dtype).array === undefined)) return []
  return kinds.map((kind, seed) => {
    const next = chance(seed)
    const row = Object.create(null) as Record<string, Tensor>
    for (const [name, info] of signature.inputs) row[name] = value(info, info.shape!.slice(1).map(known => known < 0 ? size : known), kind, next)
    return row
  })
}

/** Bytes of one row of the signature, with inner sizes that are not known at 1 and strings empty. */
export function leastRowBytes (signature: Signature): number {
  let bytes = 0
  for (const { dtype, shape = [] } of signature.inputs.values()) bytes += (dtypeRow(dtype).array?.BYTES_PER_ELEMENT ?? 0) * (dtypeRow(dtype).lanes ?? 1) * elementCount(shape.slice(1).map(Math.abs))
  return bytes
}
