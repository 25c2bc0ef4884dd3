// The body of a predict request, whole: chooses between the numeric scanner and the tolerant parser, keeps the order of checks. Knows no model, only where a signature's inputs are asked for.
import type { Tensor } from '../tensor.js'
import { ArrivingScan } from './arriving-scan.js'
import { NumericScanner, runSteps, type Steps } from './numeric-scanner.js'
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
export const scanPredictBody = (body: Buffer, lookUp: LookUpInputs): PredictBody | undefined => runSteps(scan(new NumericScanner(body), lookUp))

/** The short way for a body that is still arriving, of `expectedBytes` when it is there. `lookUp` is asked as soon as the signature's name has arrived. */
export class ArrivingPredictBody {
  readonly #scan: ArrivingScan<PredictBody>
  /** Those that the bytes were scanned for. */
  #inputs: Inputs | undefined

  constructor (expectedBytes: number, lookUp: LookUpInputs) {
    this.#scan = new ArrivingScan(expectedBytes, scanner => scan(scanner, signature => {
      this.#inputs = lookUp(signature)
      return this.#inputs
    }))
  }

  /** As `ArrivingScan.look`. */
  look (bytes: Buffer, whole: boolean): boolean { return this.#scan.look(bytes, whole) }

  /** Whether the scan came to its end, and the body was to its liking. */
  get found (): boolean { return this.#scan.result !== undefined }

  /** As `readPredictBody`, of the same body once it is whole: what was scanned counts while the signature has the same inputs as then. */
  read (body: Buffer, lookUp: LookUpInputs): PredictBody {
    const { result } = this.#scan
    if (result === undefined) return parsePredictBody(body, lookUp)
    return inputsOrNone(lookUp, result.signature) === this.#inputs ? result : readPredictBody(body, lookUp)
  }
}

function * scan (scanner: NumericScanner, lookUp: LookUpInputs): Steps<PredictBody | undefined> {
  while (scanner.short) yield
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
  const tensors = key === 'inputs' && scanner.peek() === 0x7b ? yield * scanNamed(scanner, inputs) : yield * scanOnly(scanner, inputs)
  if (tensors === undefined) return undefined
  while (scanner.short) yield
  return scanner.take(0x7d) ? { signature, format: key === 'inputs' ? 'columnar' : 'row', inputs: tensors } : undefined
}

/** A refusal is left to the parser, which knows what has to be refused before. */
function inputsOrNone (lookUp: LookUpInputs, signature: string): Inputs | undefined {
  try {
    return lookUp(signature)
  } catch { return undefined }
}

function * scanOnly (scanner: NumericScanner, inputs: Inputs): Steps<Record<string, Tensor> | undefined> {
  if (inputs.size !== 1) return undefined
  for (const [name, { dtype }] of inputs) {
    const tensor = yield * scanner.tensor(dtype)
    if (tensor !== undefined) return Object.assign(Object.create(null) as Record<string, Tensor>, { [name]: tensor })
  }
  return undefined
}

function * scanNamed (scanner: NumericScanner, inputs: Inputs): Steps<Record<string, Tensor> | undefined> {
  const tensors = Object.create(null) as Record<string, Tensor>
  scanner.take(0x7b)
  let found = 0
  do {
    const name = scanner.plainString()
    const info = name === undefined ? undefined : inputs.get(name)
    if (name === undefined || info === undefined || name in tensors || !scanner.take(0x3a)) return undefined
    const tensor = yield * scanner.tensor(info.dtype)
    if (tensor === undefined) return undefined
    tensors[name] = tensor
    found++
    while (scanner.short) yield
  } while (scanner.take(0x2c))
  return scanner.take(0x7d) && found === inputs.size ? tensors : undefined
}
