// The handler of a version that has none: tensors by name in, outputs by name out. Also what stands in for a preprocess or postprocess that a handler leaves out.
import { OutriggerError } from '../errors.js'
import { encodeOutputs } from '../tensor/evaluate/encode.js'
import type { Signature, Tensors } from '../tensor/tensor.js'
import { decodeBody, plainMediaTypes } from './plain-bodies.js'
import type { HandlerAnswer, HandlerCall, VersionHandler } from './version-handler.js'

/** Which signature a request means when it names none. */
export const defaultSignature = 'serving_default'

/**
 * The signature of a name; for `''` it is serving_default, or the only one there is. Throws MODEL_SIGNATURE naming those that there are.
 */
export function chooseSignature (signatures: ReadonlyMap<string, Signature>, name: string): Signature {
  const found = signatures.get(name === '' ? defaultSignature : name) ?? (name === '' && signatures.size === 1 ? [...signatures.values()][0] : undefined)
  if (found !== undefined) return found
  const known = [...signatures.keys()].join(', ')
  throw new OutriggerError('MODEL_SIGNATURE', name === '' ? `The model has no signature ${defaultSignature}; name one of ${known}` : `The model has no signature ${name}; it has ${known}`)
}

/** Outputs as JSON by name; plain where the request was. `print` as in HandlerCall. */
export async function plainAnswer (outputs: Tensors, plain: boolean, print: NonNullable<HandlerCall['print']> = (_outputs, _plain, usual) => usual()): Promise<HandlerAnswer> {
  return { mediaType: 'application/json', body: await print(outputs, plain, () => encodeOutputs(outputs, { plain })) }
}

/** True when tensors hold one instance: every input with a batch has one of them. */
export function isOneInstance (inputs: Tensors, signature: Signature): boolean {
  const batches = [...signature.inputs].filter(([, { shape }]) => shape !== undefined && shape.length > 0 && shape[0]! < 0)
  return batches.length > 0 && batches.every(([name]) => inputs[name]?.shape[0] === 1)
}

/** A VersionHandler for a version without handler.ts. Costs nothing to make and needs no close. */
export function plainHandler (signatures: ReadonlyMap<string, Signature>): VersionHandler {
  return {
    get description () {
      const mediaTypes = [...new Set([...signatures.values()].flatMap(plainMediaTypes))]
      return { input: undefined, output: undefined, mediaTypes, preprocess: false, postprocess: false }
    },
    evaluate: async (call: HandlerCall): Promise<HandlerAnswer> => {
      const signature = chooseSignature(signatures, call.signature)
      const { tensors, plain } = await call.stage('preprocess', async () => await decodeBody(call.request, signature, call.deadline))
      const outputs = await call.stage('predict', async () => await call.predict(tensors))
      return await call.stage('postprocess', async () => await plainAnswer(outputs, plain, call.print))
    },
    close: async () => {}
  }
}
