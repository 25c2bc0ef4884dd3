// Reads a serialized tensorflow.Example into its features. Source: tensorflow/core/example/{example,feature}.proto. Knows no op.

/** A feature's values; floats are already rounded to float32. */
export type Feature =
  | { readonly kind: 'DT_STRING', readonly values: readonly Uint8Array[] }
  | { readonly kind: 'DT_FLOAT', readonly values: readonly number[] }
  | { readonly kind: 'DT_INT64', readonly values: readonly bigint[] }

class Malformed extends Error {}

/** Walks the fields of one message. */
class Reader {
  private at: number
  private readonly bytes: Uint8Array
  private readonly view: DataView

  constructor (bytes: Uint8Array) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = 0
  }

  get done (): boolean { return this.at >= this.bytes.length }

  varint (): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.done) throw new Malformed()
      const byte = this.bytes[this.at++]
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new Malformed()
  }

  float (): number {
    if (this.at + 4 > this.bytes.length) throw new Malformed()
    this.at += 4
    return this.view.getFloat32(this.at - 4, true)
  }

  /** A length-delimited field. */
  chunk (): Uint8Array {
    const length = Number(this.varint())
    if (this.at + length > this.bytes.length) throw new Malformed()
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  skip (wireType: number): void {
    if (wireType === 0) this.varint()
    else if (wireType === 2) this.chunk()
    else if (wireType === 1 || wireType === 5) this.at += wireType === 1 ? 8 : 4
    else throw new Malformed()
    if (this.at > this.bytes.length) throw new Malformed()
  }
}

/** Calls `take` with every field's number and wire type; it reads the field, or returns false to have it skipped. */
function eachField (bytes: Uint8Array, take: (reader: Reader, field: number, wireType: number) => boolean): void {
  const reader = new Reader(bytes)
  while (!reader.done) {
    const tag = Number(reader.varint())
    if (tag >>> 3 === 0) throw new Malformed()
    if (!take(reader, tag >>> 3, tag & 7)) reader.skip(tag & 7)
  }
}

/** The chunks of the length-delimited fields with this number. */
function chunks (bytes: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = []
  eachField(bytes, (reader, field, wireType) => {
    if (field !== wanted || wireType !== 2) return false
    found.push(reader.chunk())
    return true
  })
  return found
}

/** A list's numbers, packed or one by one. */
function listed<T> (bytes: Uint8Array, wireType: number, read: (reader: Reader) => T): T[] {
  const values: T[] = []
  eachField(bytes, (reader, field, type) => {
    if (field !== 1 || (type !== 2 && type !== wireType)) return false
    if (type === wireType) {
      values.push(read(reader))
      return true
    }
    const packed = new Reader(reader.chunk())
    while (!packed.done) values.push(read(packed))
    return true
  })
  return values
}

/** The list that is set last; undefined when none is set, which counts as an absent feature. */
function featureOf (bytes: Uint8Array): Feature | undefined {
  let feature: Feature | undefined
  eachField(bytes, (reader, field, wireType) => {
    if (wireType !== 2 || field < 1 || field > 3) return false
    const list = reader.chunk()
    if (field === 1) feature = { kind: 'DT_STRING', values: chunks(list, 1) }
    else if (field === 2) feature = { kind: 'DT_FLOAT', values: listed(list, 5, inner => inner.float()) }
    else feature = { kind: 'DT_INT64', values: listed(list, 0, inner => BigInt.asIntN(64, inner.varint())) }
    return true
  })
  return feature
}

/** Features by name, of equal names the last; undefined when the bytes are no Example. */
export function readExample (bytes: Uint8Array): Map<string, Feature> | undefined {
  try {
    const features = new Map<string, Feature>()
    for (const entry of chunks(bytes, 1).flatMap(message => chunks(message, 1))) {
      const key = chunks(entry, 1).at(-1) ?? new Uint8Array(0)
      const feature = featureOf(chunks(entry, 2).at(-1) ?? new Uint8Array(0))
      if (feature !== undefined) features.set(Buffer.from(key).toString('latin1'), feature)
    }
    return features
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}
