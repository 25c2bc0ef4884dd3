// Whether the request of a warm-up record fits the signature that it names, as far as both say. Pure; knows no file. What a model server would refuse: tensorflow_serving/servables/tensorflow/predict_util.cc, classifier.cc, regressor.cc.
import { readExamplesRequest, readMultiInferenceRequest } from '../tensor/proto/examples.js'
import { readPredictRequest, type ModelSpec } from '../tensor/proto/predict.js'
import type { PredictionLog } from '../tensor/proto/prediction-log.js'
import type { SignatureDef, TensorDef } from '../tensor/proto/saved-model.js'
import type { Tensor } from '../tensor/tensor.js'

export type Signatures = ReadonlyMap<string, SignatureDef>

/** What a request asks for, in a few words, and what is wrong with it. */
export interface Finding {
  readonly signature: string
  readonly asks: string
  readonly fault: string | undefined
}

const shapeText = (shape: readonly number[]): string => `[${shape.map(size => size < 0 ? '?' : size).join(', ')}]`
const fits = (shape: readonly number[], declared: readonly number[]): boolean => shape.length === declared.length && declared.every((size, i) => size < 0 || size === shape[i])
const list = (names: Iterable<string>): string => [...names].join(', ') || 'none'

function inputFault (name: string, { dtype, shape }: Tensor, declared: TensorDef | undefined): string | undefined {
  if (declared === undefined) return `there is no input ${name}`
  if (declared.dtype !== undefined && declared.dtype !== dtype) return `input ${name} is ${dtype}, the signature takes ${declared.dtype}`
  if (declared.shape !== undefined && !fits(shape, declared.shape)) return `input ${name} has the shape ${shapeText(shape)}, the signature takes ${shapeText(declared.shape)}`
  return undefined
}

/** The signature that the spec names; or the fault that it is not there. Without known signatures neither. */
function look ({ signatureName }: ModelSpec, signatures: Signatures | undefined): { name: string, signature: SignatureDef | undefined, fault: string | undefined } {
  const name = signatureName === '' ? 'serving_default' : signatureName
  const signature = signatures?.get(name)
  return { name, signature, fault: signatures !== undefined && signature === undefined ? `there is no signature ${name}; there are: ${list(signatures.keys())}` : undefined }
}

function predict (bytes: Uint8Array, signatures: Signatures | undefined): Finding {
  const { model, inputs, outputFilter } = readPredictRequest(bytes)
  const { name, signature, fault } = look(model, signatures)
  const asks = Object.entries(inputs).map(([input, { dtype, shape }]) => `${input} ${dtype}${shapeText(shape)}`).join(', ')
  const faults = fault !== undefined ? [fault] : signature === undefined ? [] : [
    ...Object.entries(inputs).map(([input, tensor]) => inputFault(input, tensor, signature.inputs.get(input))),
    ...[...signature.inputs.keys()].filter(input => inputs[input] === undefined && !signature.defaults.has(input)).map(input => `input ${input} is missing`),
    ...outputFilter.filter(output => !signature.outputs.has(output)).map(output => `there is no output ${output}`),
    ...outputFilter.filter((output, i) => outputFilter.indexOf(output) < i).map(output => `output ${output} is asked for twice`)
  ].filter(one => one !== undefined)
  return { signature: name, asks, fault: faults.length === 0 ? undefined : faults.join('; ') }
}

/** The outputs of which a signature must have one at least. */
const outputsOf = { classify: ['classes', 'scores'], regress: ['outputs'] } as const

function examples (kind: keyof typeof outputsOf, bytes: Uint8Array, signatures: Signatures | undefined): Finding {
  const { model, examples: { length } } = readExamplesRequest(bytes)
  const { name, signature, fault } = look(model, signatures)
  const wanted = outputsOf[kind]
  const faults = [fault, length === 0 ? 'there are no examples' : undefined]
  if (signature !== undefined) {
    const { inputs, outputs } = signature
    if (inputs.size !== 1 || !inputs.has('inputs')) faults.push(`signature ${name} does not ${kind}: its inputs are ${list(inputs.keys())}, not inputs`)
    else if (inputs.get('inputs')!.dtype !== 'DT_STRING') faults.push(`signature ${name} does not ${kind}: its input takes ${inputs.get('inputs')!.dtype}, not examples`)
    else if (!wanted.some(output => outputs.has(output))) faults.push(`signature ${name} does not ${kind}: its outputs are ${list(outputs.keys())}, not ${wanted.join(' or ')}`)
  }
  const found = faults.filter(one => one !== undefined)
  return { signature: name, asks: `${kind} of ${length} examples`, fault: found.length === 0 ? undefined : found.join('; ') }
}

const byMethod: Readonly<Record<string, keyof typeof outputsOf>> = { 'tensorflow/serving/classify': 'classify', 'tensorflow/serving/regress': 'regress' }

function multiInference (bytes: Uint8Array, signatures: Signatures | undefined): Finding {
  const tasks = readMultiInferenceRequest(bytes).map(({ method, request }): Finding => {
    const kind = Object.hasOwn(byMethod, method) ? byMethod[method]! : undefined
    return kind === undefined ? { signature: '', asks: method, fault: `a task has the method ${JSON.stringify(method)}, which is neither classify nor regress` } : examples(kind, request, signatures)
  })
  const faults = tasks.length === 0 ? ['there are no tasks'] : tasks.flatMap(({ fault }) => fault ?? [])
  return { signature: tasks.map(({ signature }) => signature).join(' and '), asks: tasks.map(({ asks }) => asks).join(' and '), fault: faults.length === 0 ? undefined : faults.join('; ') }
}

/**
 * Looks at one record. Undefined where a model server passes over it, because it holds no call. Names of models and versions are not looked at: no model server does.
 * Without `signatures` only the message itself is. Throws a WireError for a request that is no message.
 */
export function examine ({ kind, requests }: PredictionLog, signatures: Signatures | undefined): Finding | undefined {
  if (kind === undefined) return undefined
  const request = requests[0] ?? new Uint8Array(0)
  if (kind === 'predict') return predict(request, signatures)
  if (kind === 'multi-inference') return multiInference(request, signatures)
  if (kind === 'session-run') return { signature: '', asks: kind, fault: 'runs of sessions cannot be replayed' }
  if (kind === 'predict-streamed') return { ...predict(request, signatures), ...(requests.length < 2 ? {} : { fault: 'a streamed call of several requests cannot be replayed' }) }
  return examples(kind, request, signatures)
}
