// Reads a picture of one digit, written or printed, dark on light or light on dark, of any size; answers which digit it is.
import { argMax, decodePicture, numbers, Picture, Type, type Static, type Tensors } from 'outrigger/handler'
import { inkValues } from './ink.js'

const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'] as const

/** More than any camera's picture of one digit needs; keeps one request from filling the memory. */
const maxPixels = 24_000_000

export const input = Type.Object({
  picture: Picture({ description: 'One digit on plain paper, any size, dark on light or light on dark' })
}, { additionalProperties: false })

export const output = Type.Object({
  class: Type.Integer({ minimum: 0, maximum: 9 }),
  name: Type.Union(names.map(name => Type.Literal(name))),
  probabilities: Type.Object(Object.fromEntries(names.map(name => [name, Type.Number({ minimum: 0, maximum: 1 })])))
})

export async function preprocess ({ picture }: Static<typeof input>) {
  const grey = await decodePicture(picture, { channels: 1, maxPixels, pointer: '/picture' })
  return { pixels: { dtype: 'DT_FLOAT' as const, shape: [1, 8, 8, 1], data: inkValues(grey) } }
}

export function postprocess ({ probabilities }: Tensors) {
  const all = numbers(probabilities!)
  const best = argMax(all)
  return { class: best, name: names[best], probabilities: Object.fromEntries(names.map((name, i) => [name, all[i]])) }
}
