// The body of a predict request, whole: chooses between the numeric scanner and the tolerant parser, keeps the order of checks. Knows no model, only where a signature's inputs are asked for.
import type { Tensor } from '../tensor.js'
import { NumericScanner } from './numeric-scanner.js'
import { parseJson } from './parse.js'
import { checkTopLevel, readPredictInputs, signatureName, type Inputs, type PredictInputs } from './predict-request.js'

export interface PredictBody extends PredictInputs {
  /** As the caller gave it; '' where absent. */
  readonly signature: string
}

/** The inputs of a signature ('' is the default one). Throws an OutriggerError where model or signature do not exist; called once syntax and signature_name are known to be right. */
export type LookUpInputs = (signature: string) => Inputs

/** Throws REQUEST_NOT_JSON, REQUEST_INVALID or REQUEST_UNIMPLEMENTED, or what `lookUp` throws, in TensorFlow Serving's order of checks. */
export function readPredictBody (body: Buffer, lookUp: LookUpInputs): PredictBody {
  return scanPredictBody(body, lookUp) ?? parsePredictBody(body, lookUp)
}

/** The reference for meaning: takes every body. */
export function parsePredictBody (body: Buffer, lookUp: LookUpInputs): PredictBody {
  const document = parseJson(body)
  checkTopLevel(document)
  const signature = signatureName(document)
  const inputs = lookUp(signature)
  return { signature, ...readPredictInputs(document, inputs, signature) }
}

/** The short way: `{"signature_name"?, "instances" | "inputs": numbers}` with one input, or `"inputs"` with an object of numbers; undefined for any other body. */
export function scanPredictBody (body: Buffer, lookUp: LookUpInputs): PredictBody | undefined {
  const scanner = new NumericScanner(body)
  if (!scanner.take(0x7b)) return undefined
  let key = scanner.plainString()
  let signature = ''
  if (key === 'signature_name') {
    const name = scanner.take(0x3a) ? scanner.plainString() : undefined
    if (name === undefined || !scanner.take(0x2c)) return undefined
    signature = name
    key = scanner.plainString()
  }
  if ((key !== 'instances' && key !== 'inputs') || !scanner.take(0x3a)) return undefined
  const inputs = inputsOrNone(lookUp, signature)
  if (inputs === undefined) return undefined
  const tensors = key === 'inputs' && scanner.peek() === 0x7b ? scanNamed(scanner, inputs) : scanOnly(scanner, inputs)
  if (tensors === undefined || !scanner.take(0x7d)) return undefined
  return { signature, format: key === 'inputs' ? 'columnar' : 'row', inputs: tensors }
}

/** A refusal is left to the parser, which knows what has to be refused before. */
function inputsOrNone (lookUp: LookUpInputs, signature: string): Inputs | undefined {
  try {
    return lookUp(signature)
  } catch { return undefined }
}

function scanOnly (scanner: NumericScanner, inputs: Inputs): Record<string, Tensor> | undefined {
  if (inputs.size !== 1) return undefined
  for (const [name, { dtype }] of inputs) {
    const tensor = scanner.tensor(dtype)
    if (tensor !== undefined) return Object.assign(Object.create(null) as Record<string, Tensor>, { [name]: tensor })
  }
  return undefined
}

function scanNamed (scanner: NumericScanner, inputs: Inputs): Record<string, Tensor> | undefined {
  const tensors = Object.create(null) as Record<string, Tensor>
  scanner.take(0x7b)
  let found = 0
  do {
    const name = scanner.plainString()
    const info = name === undefined ? undefined : inputs.get(name)
    if (name === undefined || info === undefined || name in tensors || !scanner.take(0x3a)) return undefined
    const tensor = scanner.tensor(info.dtype)
    if (tensor === undefined) return undefined
    tensors[name] = tensor
    found++
  } while (scanner.take(0x2c))
  return scanner.take(0x7d) && found === inputs.size ? tensors : undefined
}
