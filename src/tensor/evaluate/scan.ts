// The short way for evaluate bodies that are all numbers: from bytes straight into typed arrays. Takes only what is plain and regular, and says no to everything else, for which json.ts and decode.ts hold the meaning.
import { ArrivingScan } from '../json/arriving-scan.js'
import { NumericScanner, runSteps, type Steps } from '../json/numeric-scanner.js'
import type { Signature, Tensor } from '../tensor.js'

function isFinite ({ dtype, data }: Tensor): boolean {
  if (dtype !== 'DT_FLOAT') return true
  const values = data as Float32Array
  // A loop of its own: a call for each value takes longer than reading it did.
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false
  return true
}

const options = { minusZero: true }

/** An object with a number or a regular list of numbers for each input, and nothing else; undefined for any other body. The tensors have the shapes of their lists. */
export const scanInputs = (body: Uint8Array, signature: Signature): Record<string, Tensor> | undefined =>
  runSteps(scan(new NumericScanner(Buffer.from(body.buffer, body.byteOffset, body.byteLength), options), signature))

/** The same for a body that is still arriving, of `expectedBytes` when it is there. */
export class ArrivingInputs {
  readonly signature: Signature
  readonly #scan: ArrivingScan<Record<string, Tensor>>

  constructor (expectedBytes: number, signature: Signature) {
    this.signature = signature
    this.#scan = new ArrivingScan(expectedBytes, scanner => scan(scanner, signature), options)
  }

  /** As `ArrivingScan.look`. */
  look (bytes: Buffer, whole: boolean): boolean { return this.#scan.look(bytes, whole) }

  /** What `scanInputs` says of the same body once it is whole. */
  get result (): Record<string, Tensor> | undefined { return this.#scan.result }
}

function * scan (scanner: NumericScanner, { inputs }: Signature): Steps<Record<string, Tensor> | undefined> {
  while (scanner.short) yield
  if (!scanner.take(0x7b)) return undefined
  const tensors: Record<string, Tensor> = {}
  let found = 0
  do {
    const name = scanner.plainString()
    const info = name === undefined ? undefined : inputs.get(name)
    if (name === undefined || info === undefined || Object.hasOwn(tensors, name) || !scanner.take(0x3a)) return undefined
    const tensor = yield * scanner.tensor(info.dtype, { scalar: true })
    // What is too large for the type is refused there, by its place.
    if (tensor === undefined || !isFinite(tensor)) return undefined
    tensors[name] = tensor
    found++
    while (scanner.short) yield
  } while (scanner.take(0x2c))
  while (!scanner.whole) yield
  return scanner.take(0x7d) && scanner.peek() === -1 && found === inputs.size ? tensors : undefined
}
