// What a saved_model.pb says of itself without its graph's nodes: which graph has which tags, and the signatures. Field numbers from tensorflow/core/protobuf/saved_model.proto and meta_graph.proto.
import { dtypeOfNumber, type DType } from '../dtype.js'
import type { Tensor } from '../tensor.js'
import { readShape, readTensorProto } from './tensor-proto.js'
import { DELIMITED, Reader, VARINT } from './wire.js'

/** One input or output of a signature. */
export interface TensorDef {
  /** `node:0`; empty when the value is not one dense tensor. */
  readonly tensor: string
  /** undefined for DT_INVALID, as the output of an init signature has it. */
  readonly dtype: DType | undefined
  readonly shape: readonly number[] | undefined
}

export interface SignatureDef {
  readonly inputs: ReadonlyMap<string, TensorDef>
  readonly outputs: ReadonlyMap<string, TensorDef>
  readonly methodName: string
  /** Values of inputs that a request may leave out. */
  readonly defaults: ReadonlyMap<string, Tensor>
}

/** A map entry with a text key: the key, and the value's bytes (empty when it is left out). */
export function readMapEntry (reader: Reader): [key: string, value: Buffer] {
  let key = ''
  let value: Buffer = Buffer.alloc(0)
  while (reader.next()) {
    if (reader.field === 1 && reader.is(DELIMITED)) key = reader.string()
    else if (reader.field === 2 && reader.is(DELIMITED)) value = reader.bytes()
    else reader.skip()
  }
  return [key, value]
}

/** A TensorInfo from `reader` to its end. */
export function readTensorInfo (reader: Reader): TensorDef {
  let tensor = ''
  let dtype: DType | undefined
  let shape: readonly number[] | undefined
  while (reader.next()) {
    if (reader.field === 1 && reader.is(DELIMITED)) tensor = reader.string()
    else if (reader.field === 2 && reader.is(VARINT)) dtype = dtypeOfNumber(reader.int32())
    else if (reader.field === 3 && reader.is(DELIMITED)) shape = readShape(reader.sub())
    else reader.skip()
  }
  return { tensor, dtype, shape }
}

/** A SignatureDef from `reader` to its end. Throws a WireError. */
export function readSignature (reader: Reader): SignatureDef {
  const inputs = new Map<string, TensorDef>()
  const outputs = new Map<string, TensorDef>()
  const defaults = new Map<string, Tensor>()
  let methodName = ''
  while (reader.next()) {
    if (!reader.is(DELIMITED)) reader.skip()
    else if (reader.field === 1 || reader.field === 2) {
      const [name, value] = readMapEntry(reader.sub())
      ;(reader.field === 1 ? inputs : outputs).set(name, readTensorInfo(new Reader(value)))
    } else if (reader.field === 3) methodName = reader.string()
    else if (reader.field === 4) {
      const [name, value] = readMapEntry(reader.sub())
      defaults.set(name, readTensorProto(new Reader(new Uint8Array(value))))
    } else reader.skip()
  }
  return { inputs, outputs, methodName, defaults }
}

function readTags (reader: Reader): string[] {
  const tags: string[] = []
  while (reader.next()) {
    if (reader.field === 4 && reader.is(DELIMITED)) tags.push(reader.string())
    else reader.skip()
  }
  return tags
}

/** The MetaGraphDef of a serialized SavedModel whose tags are exactly these, or undefined. Throws a WireError. */
export function findMetaGraph (bytes: Uint8Array, wanted: readonly string[]): Reader | undefined {
  const reader = new Reader(bytes)
  while (reader.next()) {
    if (reader.field !== 2 || !reader.is(DELIMITED)) { reader.skip(); continue }
    const meta = reader.sub()
    const probe = new Reader(meta.source, meta.position, meta.end)
    const tags: string[] = []
    while (probe.next()) {
      if (probe.field === 1 && probe.is(DELIMITED)) tags.push(...readTags(probe.sub()))
      else probe.skip()
    }
    if (new Set(tags).size === wanted.length && wanted.every(tag => tags.includes(tag))) return meta
  }
  return undefined
}

/** The signatures, by name, of the graph that model servers load (its only tag is `serve`); undefined where there is none. Throws a WireError. */
export function readServingSignatures (bytes: Uint8Array): Map<string, SignatureDef> | undefined {
  const meta = findMetaGraph(bytes, ['serve'])
  if (meta === undefined) return undefined
  const signatures = new Map<string, SignatureDef>()
  while (meta.next()) {
    if (meta.field === 5 && meta.is(DELIMITED)) {
      const [name, value] = readMapEntry(meta.sub())
      signatures.set(name, readSignature(new Reader(value)))
    } else meta.skip()
  }
  return signatures
}
