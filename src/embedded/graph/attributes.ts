// A node's attributes, decoded from their AttrValue bytes when they are asked for. Field numbers from tensorflow/core/framework/attr_value.proto.
import { dtypeOfNumber, type DType } from '../../tensor/dtype.js'
import { readShape, readTensorProto } from '../../tensor/proto/tensor-proto.js'
import { DELIMITED, FIXED32, Reader, VARINT } from '../../tensor/proto/wire.js'
import { ModelError } from '../formats/format.js'
import { INVALID_ARGUMENT, UNIMPLEMENTED } from '../status.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { Attributes, PartialShape } from './kernel.js'

/** Fields of AttrValue. */
const LIST = 1
const STRING = 2
const INT = 3
const FLOAT = 4
const BOOL = 5
const TYPE = 6
const SHAPE = 7
const TENSOR = 8
const PLACEHOLDER = 9
const FUNC = 10

const wireTypes: Readonly<Record<number, number>> = { [STRING]: DELIMITED, [INT]: VARINT, [FLOAT]: FIXED32, [BOOL]: VARINT, [TYPE]: VARINT, [SHAPE]: DELIMITED, [TENSOR]: DELIMITED, [FUNC]: DELIMITED }

export class NodeAttributes implements Attributes {
  readonly #node: string
  #values: ReadonlyMap<string, Uint8Array>

  /** `values`: the serialized AttrValue of each attribute. `node` is for messages. */
  constructor (node: string, values: ReadonlyMap<string, Uint8Array>) {
    this.#node = node
    this.#values = values
  }

  /** Forgets the values, which share memory with the whole graph's bytes: after the load nobody may ask for them. */
  release (): void { this.#values = new Map() }

  has (name: string): boolean { return this.#values.has(name) }

  #fail (message: string, status = INVALID_ARGUMENT): never { throw new ModelError(status, `${message} (node ${this.#node})`) }

  #missing (name: string): never { this.#fail(`attribute ${name} is missing`) }

  /** A reader that stands before the value of the wanted kind; undefined when the attribute is not there. */
  #open (name: string, field: number): Reader | undefined {
    const bytes = this.#values.get(name)
    if (bytes === undefined) return undefined
    const reader = new Reader(bytes)
    while (reader.next()) {
      if (reader.field === field && reader.is(field === LIST ? DELIMITED : wireTypes[field])) return reader
      if (reader.field === PLACEHOLDER) this.#fail(`attribute ${name} is a placeholder of a generic function, which is not supported`, UNIMPLEMENTED)
      reader.skip()
    }
    return this.#fail(`attribute ${name} is of another kind than expected`)
  }

  #one<T> (name: string, field: number, read: (reader: Reader) => T, fallback: T | undefined): T {
    const reader = this.#open(name, field)
    if (reader === undefined) return fallback === undefined ? this.#missing(name) : fallback
    return read(reader)
  }

  #many<T> (name: string, field: number, read: (reader: Reader) => T, fallback: readonly T[] | undefined): readonly T[] {
    const outer = this.#open(name, LIST)
    if (outer === undefined) return fallback === undefined ? this.#missing(name) : fallback
    const list = outer.sub()
    const values: T[] = []
    const wireType = wireTypes[field]
    while (list.next()) {
      if (list.field !== field) { list.skip(); continue }
      if (wireType !== DELIMITED && list.is(DELIMITED)) {
        const packed = list.sub()
        while (!packed.done) values.push(read(packed))
      } else if (list.is(wireType)) values.push(read(list))
      else list.skip()
    }
    return values
  }

  #dtype = (reader: Reader): DType => {
    const number = reader.int32()
    return dtypeOfNumber(number) ?? this.#fail(`unknown dtype ${number}`)
  }

  int (name: string, fallback?: number): number { return this.#one(name, INT, r => r.safeInt64(), fallback) }
  ints (name: string, fallback?: readonly number[]): readonly number[] { return this.#many(name, INT, r => r.safeInt64(), fallback) }
  float (name: string, fallback?: number): number { return this.#one(name, FLOAT, r => r.float(), fallback) }
  floats (name: string, fallback?: readonly number[]): readonly number[] { return this.#many(name, FLOAT, r => r.float(), fallback) }
  bool (name: string, fallback?: boolean): boolean { return this.#one(name, BOOL, r => r.bool(), fallback) }
  string (name: string, fallback?: string): string { return this.#one(name, STRING, r => r.string(), fallback) }
  strings (name: string, fallback?: readonly string[]): readonly string[] { return this.#many(name, STRING, r => r.string(), fallback) }
  dtype (name: string, fallback?: DType): DType { return this.#one(name, TYPE, this.#dtype, fallback) }
  dtypes (name: string, fallback?: readonly DType[]): readonly DType[] { return this.#many(name, TYPE, this.#dtype, fallback) }

  /** An unknown rank is a value here, so a fallback counts as given when the second argument is there at all. */
  shape (name: string, ...fallback: [PartialShape?]): PartialShape {
    const reader = this.#open(name, SHAPE)
    if (reader !== undefined) return readShape(reader.sub())
    return fallback.length > 0 ? fallback[0] : this.#missing(name)
  }

  shapes (name: string, fallback?: readonly PartialShape[]): readonly PartialShape[] { return this.#many<PartialShape>(name, SHAPE, r => readShape(r.sub()), fallback) }

  /** The data may share memory with the graph's bytes. */
  tensor (name: string): Tensor { return this.#one(name, TENSOR, r => readTensorProto(r.sub()), undefined) }

  func (name: string): string { return this.#one(name, FUNC, r => readFunctionName(r.sub()), undefined) }
}

/** The name in a NameAttrList. Its attributes are not needed: only generic functions use them, whose bodies hold placeholders and are refused. */
function readFunctionName (reader: Reader): string {
  let name = ''
  while (reader.next()) {
    if (reader.field === 1 && reader.is(DELIMITED)) name = reader.string()
    else reader.skip()
  }
  return name
}
