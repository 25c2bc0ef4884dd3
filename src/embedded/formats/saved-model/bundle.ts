// TensorFlow's checkpoint format (tensor bundle): an index table and data shards, every byte under a checksum. Reads tensors on demand; knows no graph. Sources: tensorflow/core/protobuf/tensor_bundle.proto, util/tensor_bundle/tensor_bundle.cc.
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { dtypeOfNumber, dtypeRow, dtypes, elementBytes, type DType } from '../../../tensor/dtype.js'
import { allocate, elementCount, type NumericData, type Tensor } from '../../../tensor/tensor.js'
import { readShape } from '../../../tensor/proto/tensor-proto.js'
import { DELIMITED, FIXED32, Reader, VARINT, WireError } from '../../../tensor/proto/wire.js'
import { DATA_LOSS, INVALID_ARGUMENT, NOT_FOUND, OUT_OF_RANGE, UNIMPLEMENTED } from '../../status.js'
import { ModelError } from '../format.js'
import { crc32c, maskCrc } from '../../../tensor/crc32c.js'
import { copyBox } from './copy-box.js'
import { readTable } from './table.js'
import { sliceKey, type Extent, type SliceSpec } from './tensor-slice.js'

interface Entry {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly shard: number
  readonly offset: number
  readonly size: number
  /** Masked. */
  readonly crc: number
  /** Where the tensor is stored in parts: their extents. */
  readonly slices: readonly (readonly Extent[])[]
}

const readExtents = (reader: Reader): Extent[] => {
  const extents: Extent[] = []
  while (reader.next()) {
    if (reader.field !== 1 || !reader.is(DELIMITED)) { reader.skip(); continue }
    const inner = reader.sub()
    let start = 0
    let length = -1
    while (inner.next()) {
      if (inner.field === 1 && inner.is(VARINT)) start = inner.safeInt64()
      else if (inner.field === 2 && inner.is(VARINT)) length = inner.safeInt64()
      else inner.skip()
    }
    extents.push({ start, length })
  }
  return extents
}

function readEntry (bytes: Uint8Array): Entry {
  const reader = new Reader(bytes)
  let number = 0
  let shape: readonly number[] = []
  let shard = 0
  let offset = 0
  let size = 0
  let crc = 0
  const slices: Extent[][] = []
  while (reader.next()) {
    if (reader.field === 1 && reader.is(VARINT)) number = reader.int32()
    else if (reader.field === 2 && reader.is(DELIMITED)) shape = readShape(reader.sub()) ?? []
    else if (reader.field === 3 && reader.is(VARINT)) shard = reader.int32()
    else if (reader.field === 4 && reader.is(VARINT)) offset = reader.safeInt64()
    else if (reader.field === 5 && reader.is(VARINT)) size = reader.safeInt64()
    else if (reader.field === 6 && reader.is(FIXED32)) crc = reader.raw(4).readUInt32LE(0)
    else if (reader.field === 7 && reader.is(DELIMITED)) slices.push(readExtents(reader.sub()))
    else reader.skip()
  }
  const dtype = dtypeOfNumber(number)
  if (dtype === undefined) throw new WireError(`dtype ${number}`)
  if (shape.some(s => s < 0) || offset < 0 || size < 0) throw new WireError('negative size')
  return { dtype, shape, shard, offset, size, crc, slices }
}

/** Number of shards. Field numbers of BundleHeaderProto. */
function readHeader (bytes: Uint8Array): number {
  const reader = new Reader(bytes)
  let shards = 0
  let bigEndian = false
  while (reader.next()) {
    if (reader.field === 1 && reader.is(VARINT)) shards = reader.int32()
    else if (reader.field === 2 && reader.is(VARINT)) bigEndian = reader.int32() !== 0
    else reader.skip()
  }
  if (bigEndian) throw new ModelError(UNIMPLEMENTED, 'big-endian checkpoints are not supported')
  return shards
}

export class Bundle {
  readonly #prefix: string
  readonly #entries: ReadonlyMap<string, Buffer>
  readonly #shards: number
  readonly #files = new Map<number, { fd: number, size: number }>()
  /** Keys whose data were read and found right. */
  readonly #checked = new Set<string>()

  /**
   * Opens `prefix`.index and checks all of it. Throws a ModelError: NOT_FOUND without an index file, DATA_LOSS when it is damaged.
   * `prefix` is a path without its ending, e.g. variables/variables.
   */
  constructor (prefix: string) {
    this.#prefix = prefix
    let file: Buffer
    try {
      file = readFileSync(`${prefix}.index`)
    } catch (cause) {
      throw new ModelError(NOT_FOUND, `Unsuccessful TensorSliceReader constructor: Failed to find any matching files for ${prefix}`, { cause })
    }
    try {
      const entries = readTable(file)
      const header = entries.get('')
      if (header === undefined) throw new Error('no header')
      this.#shards = readHeader(header)
      entries.delete('')
      this.#entries = entries
    } catch (cause) {
      if (cause instanceof ModelError) throw cause
      throw new ModelError(DATA_LOSS, `Unable to read checkpoint index ${prefix}.index: ${(cause as Error).message}`, { cause })
    }
  }

  /** Names of the stored tensors, without the parts of sliced ones. */
  names (): string[] {
    return [...this.#entries.keys()].filter(key => !key.startsWith('\0')).map(key => Buffer.from(key, 'latin1').toString())
  }

  /**
   * A tensor, or the part of it that `spec` wants. The data are the caller's. Throws a ModelError: NOT_FOUND for an unknown name,
   * DATA_LOSS where a checksum does not match, OUT_OF_RANGE where a shard is too short, INVALID_ARGUMENT for another dtype than `expected` or a slice that does not fit.
   */
  read (name: string, expected: DType, spec?: SliceSpec): Tensor {
    const key = Buffer.from(name).toString('latin1')
    const entry = this.#entry(key)
    if (entry === undefined) throw new ModelError(NOT_FOUND, `Key ${name} not found in checkpoint`)
    if (entry.dtype !== expected) {
      throw new ModelError(INVALID_ARGUMENT, `tensor_name = ${name}; expected dtype ${dtypes[expected].short} does not equal original dtype ${dtypes[entry.dtype].short}`)
    }
    const whole = entry.slices.length > 0 ? this.#assemble(name, entry) : this.#load(key, entry)
    if (spec === undefined) return whole
    if (spec.shape.length !== entry.shape.length || spec.shape.some((size, i) => size !== entry.shape[i])) {
      throw new ModelError(INVALID_ARGUMENT, `tensor_name = ${name}; shape in shape_and_slice spec [${spec.shape}] does not match the shape stored in checkpoint: [${entry.shape}]`)
    }
    const shape = spec.extents.map(({ length }, i) => length < 0 ? entry.shape[i] : length)
    const part = emptyTensor(entry.dtype, shape)
    copyBox(whole, spec.extents.map(e => e.start), part, shape.map(() => 0), shape)
    return part
  }

  /** Reads and checks every tensor that was not read yet, so that no damage stays unseen. Throws as `read` does. */
  verify (): void {
    for (const key of this.#entries.keys()) {
      if (this.#checked.has(key)) continue
      const entry = this.#entry(key)!
      if (entry.slices.length === 0) this.#load(key, entry)
    }
  }

  /** Closes the shards. */
  close (): void {
    for (const { fd } of this.#files.values()) closeSync(fd)
    this.#files.clear()
  }

  #entry (key: string): Entry | undefined {
    const bytes = this.#entries.get(key)
    if (bytes === undefined) return undefined
    try {
      return readEntry(bytes)
    } catch (cause) {
      throw new ModelError(DATA_LOSS, `Unable to parse the entry of ${JSON.stringify(key)} in ${this.#prefix}.index: ${(cause as Error).message}`, { cause })
    }
  }

  #assemble (name: string, entry: Entry): Tensor {
    const whole = emptyTensor(entry.dtype, entry.shape)
    let filled = 0
    for (const extents of entry.slices) {
      const key = sliceKey(name, extents)
      const stored = this.#entry(key)
      if (stored === undefined) throw new ModelError(DATA_LOSS, `A slice of ${name} is missing in ${this.#prefix}.index`)
      const part = this.#load(key, stored)
      const shape = entry.shape.map((size, i) => extents[i] === undefined || extents[i].length < 0 ? size : extents[i].length)
      if (stored.dtype !== entry.dtype || extents.length !== entry.shape.length || elementCount(shape) !== elementCount(part.shape) ||
        extents.some(({ start }, i) => start + shape[i] > entry.shape[i])) throw new ModelError(DATA_LOSS, `A slice of ${name} does not fit its tensor`)
      copyBox({ ...part, shape }, shape.map(() => 0), whole, extents.map(e => e.start), shape)
      filled += elementCount(shape)
    }
    if (filled !== elementCount(entry.shape)) throw new ModelError(DATA_LOSS, `The slices of ${name} do not make up the whole tensor`)
    return whole
  }

  #load (key: string, entry: Entry): Tensor {
    const count = elementCount(entry.shape)
    const width = elementBytes(entry.dtype)
    let tensor: Tensor
    if (width !== undefined) {
      if (entry.size !== count * width) throw new ModelError(DATA_LOSS, `Entry ${JSON.stringify(key)} of ${this.#prefix}.index has ${entry.size} bytes for ${count} elements`)
      const bytes = this.#bytes(entry)
      this.#check(key, entry, crc32c(bytes))
      tensor = { dtype: entry.dtype, shape: entry.shape, data: numericData(entry.dtype, bytes) }
    } else if (entry.dtype === 'DT_STRING') {
      tensor = { dtype: entry.dtype, shape: entry.shape, data: this.#strings(key, entry, count) }
    } else throw new ModelError(UNIMPLEMENTED, `checkpoint tensor of dtype ${dtypes[entry.dtype].short}`)
    this.#checked.add(key)
    return tensor
  }

  /** Lengths as varints, a checksum over them as little-endian words, then all bytes; the entry's checksum goes over words, checksum and bytes. */
  #strings (key: string, entry: Entry, count: number): Uint8Array[] {
    const bytes = Buffer.from(this.#bytes(entry))
    const damaged = (what: string): ModelError => new ModelError(DATA_LOSS, `${this.#shardPath(entry.shard)}: strings of ${JSON.stringify(key)} are damaged: ${what}`)
    const lengths: number[] = []
    let at = 0
    let crc = 0
    const word = Buffer.alloc(8)
    for (let i = 0; i < count; i++) {
      let length = 0
      let shift = 0
      for (;;) {
        if (at >= bytes.length || shift > 42) throw damaged('lengths')
        const byte = bytes[at++]
        length += (byte & 127) * 2 ** shift
        shift += 7
        if (byte < 128) break
      }
      lengths.push(length)
      if (length < 2 ** 32) { word.writeUInt32LE(length); crc = crc32c(word.subarray(0, 4), crc) } else { word.writeBigUInt64LE(BigInt(length)); crc = crc32c(word, crc) }
    }
    if (at + 4 > bytes.length || bytes.readUInt32LE(at) !== maskCrc(crc)) throw damaged('checksum of the lengths')
    this.#check(key, entry, crc32c(bytes.subarray(at), crc))
    at += 4
    const strings = lengths.map(length => {
      at += length
      return bytes.subarray(at - length, at)
    })
    if (at !== bytes.length) throw damaged('total length')
    return strings
  }

  #check (key: string, entry: Entry, crc: number): void {
    if (maskCrc(crc) === entry.crc) return
    throw new ModelError(DATA_LOSS, `TensorBundle at ${this.#prefix} shard ${entry.shard} (${entry.size} bytes): Checksum does not match for ${JSON.stringify(key)}: stored ${entry.crc} vs. calculated on the restored bytes ${maskCrc(crc)}`)
  }

  #shardPath (shard: number): string {
    const digits = (n: number): string => String(n).padStart(5, '0')
    return `${this.#prefix}.data-${digits(shard)}-of-${digits(this.#shards)}`
  }

  #bytes ({ shard, offset, size }: Entry): Uint8Array<ArrayBuffer> {
    const path = this.#shardPath(shard)
    let file = this.#files.get(shard)
    if (file === undefined) {
      let fd: number
      try {
        fd = openSync(path, 'r')
      } catch (cause) {
        throw new ModelError(NOT_FOUND, `${path}; No such file or directory`, { cause })
      }
      file = { fd, size: fstatSync(fd).size }
      this.#files.set(shard, file)
    }
    // Before allocating: the index may announce any size.
    if (offset + size > file.size) throw new ModelError(OUT_OF_RANGE, `Read less bytes than requested: ${path} has ${file.size} bytes, ${offset + size} are needed`)
    const bytes = new Uint8Array(size)
    for (let done = 0; done < size;) {
      const got = readSync(file.fd, bytes, done, Math.min(size - done, 2 ** 30), offset + done)
      if (got === 0) throw new ModelError(OUT_OF_RANGE, `Read less bytes than requested: ${path}`)
      done += got
    }
    return bytes
  }
}

function emptyTensor (dtype: DType, shape: readonly number[]): Tensor {
  const count = elementCount(shape)
  return { dtype, shape, data: dtype === 'DT_STRING' ? new Array<Uint8Array>(count).fill(new Uint8Array(0)) : allocate(dtype, count) }
}

function numericData (dtype: DType, bytes: Uint8Array<ArrayBuffer>): NumericData {
  const Constructor = dtypeRow(dtype).array!
  if (dtype === 'DT_BOOL') for (let i = 0; i < bytes.length; i++) if (bytes[i] > 1) bytes[i] = 1
  return new Constructor(bytes.buffer, 0, bytes.length / Constructor.BYTES_PER_ELEMENT)
}
