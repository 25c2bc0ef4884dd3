// Half plus two as a plain list: {"x": [1, 2, 5]} is answered with [2.5, 3, 4.5].
import { numbers, Type, type Static, type Tensors } from 'outrigger/handler'

/** The model computes in float32. */
const Real = Type.Number({ minimum: -3.4e38, maximum: 3.4e38 })

export const input = Type.Object({
  x: Type.Union([Real, Type.Array(Real, { minItems: 1 })], { description: 'A number or a list of numbers' })
}, { additionalProperties: false })

export const output = Type.Array(Type.Number())

export function preprocess ({ x }: Static<typeof input>) {
  return { x: Array.isArray(x) ? x : [x] }
}

export function postprocess ({ y }: Tensors): Static<typeof output> {
  return numbers(y!)
}
