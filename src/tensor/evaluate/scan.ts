// The short way for evaluate bodies that are all numbers: from bytes straight into typed arrays. Takes only what is plain and regular, and says no to everything else, for which json.ts and decode.ts hold the meaning.
import { NumericScanner } from '../json/numeric-scanner.js'
import type { Signature, Tensor } from '../tensor.js'

const isFinite = ({ dtype, data }: Tensor): boolean => dtype !== 'DT_FLOAT' || (data as Float32Array).every(Number.isFinite)

/** An object with a number or a regular list of numbers for each input, and nothing else; undefined for any other body. The tensors have the shapes of their lists. */
export function scanInputs (body: Uint8Array, { inputs }: Signature): Record<string, Tensor> | undefined {
  const scanner = new NumericScanner(Buffer.from(body.buffer, body.byteOffset, body.byteLength), { minusZero: true })
  if (!scanner.take(0x7b)) return undefined
  const tensors: Record<string, Tensor> = {}
  let found = 0
  do {
    const name = scanner.plainString()
    const info = name === undefined ? undefined : inputs.get(name)
    if (name === undefined || info === undefined || Object.hasOwn(tensors, name) || !scanner.take(0x3a)) return undefined
    const tensor = scanner.tensor(info.dtype, { scalar: true })
    // What is too large for the type is refused there, by its place.
    if (tensor === undefined || !isFinite(tensor)) return undefined
    tensors[name] = tensor
    found++
  } while (scanner.take(0x2c))
  return scanner.take(0x7d) && scanner.peek() === -1 && found === inputs.size ? tensors : undefined
}
