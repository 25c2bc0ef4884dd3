// Half plus two as rows: every number with its answer and whether that is more or less, and the unit that the caller names.
import { numbers, Type, type Context, type Static, type Tensors } from 'outrigger/handler'

/** The model computes in float32. */
const Real = Type.Number({ minimum: -3.4e38, maximum: 3.4e38 })

export const input = Type.Object({
  x: Type.Union([Real, Type.Array(Real, { minItems: 1 })], { description: 'A number or a list of numbers' }),
  unit: Type.Optional(Type.String({ maxLength: 20, description: 'What the numbers count; 1 when left out' }))
}, { additionalProperties: false })

export const output = Type.Object({
  unit: Type.String(),
  rows: Type.Array(Type.Object({ x: Type.Number(), y: Type.Number(), label: Type.Union([Type.Literal('less'), Type.Literal('same'), Type.Literal('more')]) }))
})

export function preprocess ({ x, unit = '1' }: Static<typeof input>, context: Context) {
  context.carry.unit = unit
  context.carry.x = Array.isArray(x) ? x : [x]
  return { x: context.carry.x as number[] }
}

export function postprocess ({ y }: Tensors, { carry }: Context): Static<typeof output> {
  const given = carry.x as number[]
  return {
    unit: carry.unit as string,
    rows: numbers(y!).map((value, i) => ({ x: given[i]!, y: value, label: value > given[i]! ? 'more' : value < given[i]! ? 'less' : 'same' }))
  }
}
