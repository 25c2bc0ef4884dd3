// Whether one version can take another's place without its callers noticing: the signatures of both, compared. Pure.
import type { Signature, TensorInfo } from '../tensor/tensor.js'

type Signatures = ReadonlyMap<string, Signature>
const usual = 'serving_default'

const shapeText = (shape: readonly number[] | undefined): string => shape === undefined ? 'any shape' : `[${shape.map(size => size < 0 ? '?' : size).join(', ')}]`

function tensorFaults (what: string, live: ReadonlyMap<string, TensorInfo>, next: ReadonlyMap<string, TensorInfo>): string[] {
  return [...live].flatMap(([name, was]) => {
    const is = next.get(name)
    if (is === undefined) return [`${what} ${name} is missing`]
    if (is.dtype !== was.dtype) return [`${what} ${name} is ${is.dtype}, not ${was.dtype}`]
    if (is.shape !== undefined && was.shape !== undefined && is.shape.length !== was.shape.length) return [`${what} ${name} has the shape ${shapeText(is.shape)}, not ${shapeText(was.shape)}`]
    return []
  })
}

/**
 * What callers of `live` would notice of `next`, a sentence part each; [] when nothing. The default signature must be there; of the others
 * those are compared that both have, since a model in another format has most often the default one only. An input that is new would be asked
 * of callers who do not send it; an output that is new hurts nobody. Sizes may differ, ranks not; an unknown shape fits all.
 */
export function signatureFaults (live: Signatures, next: Signatures): string[] {
  return [...live].flatMap(([name, was]) => {
    const is = next.get(name)
    const faults = is === undefined
      ? name === usual ? ['it is missing'] : []
      : [
          ...tensorFaults('input', was.inputs, is.inputs),
          ...[...is.inputs.keys()].filter(input => !was.inputs.has(input)).map(input => `input ${input} is new`),
          ...tensorFaults('output', was.outputs, is.outputs)
        ]
    return faults.map(fault => `signature ${name}: ${fault}`)
  })
}
