// Writes small SavedModels and checkpoints for tests: graph, functions, signatures, and a tensor bundle with its table and checksums.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32c, maskCrc } from '../../src/tensor/crc32c.js'
import { dtypes, type DType } from '../../src/tensor/dtype.js'
import { bytesOf, writeShape, writeTensorProto } from '../../src/tensor/proto/tensor-proto.js'
import { Writer } from '../../src/tensor/proto/wire.js'
import type { NumericData, Tensor } from '../../src/tensor/tensor.js'

export type Attr = (writer: Writer) => void

/** Attribute values. */
export const attr = {
  int: (value: number): Attr => w => { w.int64(3, BigInt(value)) },
  float: (value: number): Attr => w => { w.float(4, value) },
  bool: (value: boolean): Attr => w => { w.bool(5, value) },
  string: (value: string): Attr => w => { w.string(2, value) },
  dtype: (value: DType): Attr => w => { w.uint32(6, dtypes[value].number) },
  shape: (value: readonly number[] | undefined): Attr => w => { writeShape(w, 7, value) },
  tensor: (value: Tensor): Attr => w => { writeTensorProto(w, 8, value) },
  func: (name: string): Attr => w => { w.message(10, f => { f.string(1, name) }) },
  placeholder: (name: string): Attr => w => { w.string(9, name) },
  ints: (values: readonly number[]): Attr => w => { w.message(1, l => { l.message(3, p => { for (const v of values) p.varint64(BigInt(v)) }) }) },
  floats: (values: readonly number[]): Attr => w => { w.message(1, l => { for (const v of values) l.float(4, v) }) },
  strings: (values: readonly string[]): Attr => w => { w.message(1, l => { for (const v of values) l.string(2, v) }) },
  dtypes: (values: readonly DType[]): Attr => w => { w.message(1, l => { l.message(6, p => { for (const v of values) p.varint64(BigInt(dtypes[v].number)) }) }) },
  shapes: (values: readonly (readonly number[] | undefined)[]): Attr => w => { w.message(1, l => { for (const v of values) writeShape(l, 7, v) }) }
}

export const attrBytes = (value: Attr): Uint8Array => {
  const writer = new Writer()
  value(writer)
  return writer.finish()
}

export interface NodeSpec { name: string, op: string, inputs?: string[], attrs?: Record<string, Attr> }

const writeNode = ({ name, op, inputs = [], attrs = {} }: NodeSpec): Attr => w => {
  w.string(1, name).string(2, op)
  for (const input of inputs) w.string(3, input)
  for (const [key, value] of Object.entries(attrs)) w.message(5, entry => { entry.string(1, key).message(2, value) })
}

export interface FunctionSpec { name: string, args: string[], results: Record<string, string>, controls?: string[], nodes: NodeSpec[] }

export interface GraphSpec { nodes: NodeSpec[], functions?: FunctionSpec[] }

export function graphBytes ({ nodes, functions = [] }: GraphSpec): Buffer {
  const writer = new Writer()
  for (const node of nodes) writer.message(1, writeNode(node))
  writer.message(2, library => {
    for (const { name, args, results, controls = [], nodes } of functions) {
      library.message(1, def => {
        def.message(1, signature => {
          signature.string(1, name)
          for (const arg of args) signature.message(2, a => { a.string(1, arg) })
          for (const result of Object.keys(results)) signature.message(3, a => { a.string(1, result) })
        })
        for (const node of nodes) def.message(3, writeNode(node))
        for (const [result, source] of Object.entries(results)) def.message(4, e => { e.string(1, result).string(2, source) })
        for (const control of controls) def.message(6, e => { e.string(1, control).string(2, control) })
      })
    }
  })
  return writer.finish()
}

export interface TensorSpec { tensor: string, dtype: DType, shape?: readonly number[] }

export interface ModelSpec extends GraphSpec {
  tags?: string[]
  signatures: Record<string, { inputs: Record<string, TensorSpec>, outputs: Record<string, TensorSpec>, method?: string, defaults?: Record<string, Tensor> }>
  saver?: { filename: string, restore: string }
  collections?: Record<string, string[]>
  assets?: Record<string, string>
}

export function savedModelBytes (spec: ModelSpec): Buffer {
  const info = ({ tensor, dtype, shape }: TensorSpec): Attr => w => {
    w.string(1, tensor).uint32(2, dtypes[dtype].number)
    writeShape(w, 3, shape)
  }
  const writer = new Writer()
  writer.message(2, meta => {
    meta.message(1, m => { for (const tag of spec.tags ?? ['serve']) m.string(4, tag) })
    meta.bytes(2, graphBytes(spec))
    if (spec.saver !== undefined) meta.message(3, s => { s.string(1, spec.saver!.filename).string(3, spec.saver!.restore) })
    for (const [name, values] of Object.entries(spec.collections ?? {})) {
      meta.message(4, e => { e.string(1, name).message(2, c => { c.message(1, l => { for (const value of values) l.string(1, value) }) }) })
    }
    for (const [name, { inputs, outputs, method = 'tensorflow/serving/predict', defaults = {} }] of Object.entries(spec.signatures)) {
      meta.message(5, e => {
        e.string(1, name).message(2, s => {
          for (const [key, value] of Object.entries(inputs)) s.message(1, i => { i.string(1, key).message(2, info(value)) })
          for (const [key, value] of Object.entries(outputs)) s.message(2, i => { i.string(1, key).message(2, info(value)) })
          s.string(3, method)
          for (const [key, value] of Object.entries(defaults)) s.message(4, i => { i.string(1, key); writeTensorProto(i, 2, value) })
        })
      })
    }
    for (const [tensor, file] of Object.entries(spec.assets ?? {})) meta.message(6, a => { a.message(1, i => { i.string(1, tensor) }).string(2, file) })
  })
  return writer.finish()
}

const varint = (value: number): Buffer => {
  const bytes: number[] = []
  while (value >= 128) { bytes.push(value % 128 + 128); value = Math.floor(value / 128) }
  return Buffer.from([...bytes, value])
}

/** A LevelDB table of these entries, `perBlock` in each data block; `compress` may give a block's snappy form. */
export function tableBytes (entries: readonly (readonly [string, Uint8Array])[], { perBlock = 2, compress = undefined as ((block: Buffer) => Buffer) | undefined } = {}): Buffer {
  const parts: Buffer[] = []
  let offset = 0
  const block = (items: readonly (readonly [Buffer, Uint8Array])[]): Buffer => {
    const out: Buffer[] = []
    let last: Buffer = Buffer.alloc(0)
    for (const [key, value] of items) {
      let shared = 0
      while (shared < Math.min(last.length, key.length) && last[shared] === key[shared]) shared++
      out.push(varint(shared), varint(key.length - shared), varint(value.length), key.subarray(shared), Buffer.from(value))
      last = key
    }
    return Buffer.concat([...out, Buffer.from([0, 0, 0, 0, 1, 0, 0, 0])])
  }
  const put = (content: Buffer): Buffer => {
    const body = Buffer.concat([compress?.(content) ?? content, Buffer.of(compress === undefined ? 0 : 1)])
    const crc = Buffer.alloc(4)
    crc.writeUInt32LE(maskCrc(crc32c(body)))
    parts.push(body, crc)
    const handle = Buffer.concat([varint(offset), varint(body.length - 1)])
    offset += body.length + 4
    return handle
  }
  const sorted = entries.map(([key, value]) => [Buffer.from(key, 'latin1'), value] as const).sort(([a], [b]) => Buffer.compare(a, b))
  const index: [Buffer, Buffer][] = []
  for (let i = 0; i < sorted.length; i += perBlock) {
    const items = sorted.slice(i, i + perBlock)
    index.push([items.at(-1)![0], put(block(items))])
  }
  const meta = put(block([]))
  const handles = Buffer.concat([meta, put(block(index))])
  return Buffer.concat([...parts, handles, Buffer.alloc(40 - handles.length), Buffer.from('57fb808b247547db', 'hex')])
}

export interface EntrySpec { dtype: DType, shape: readonly number[], shard?: number, offset?: number, size?: number, crc?: number, slices?: readonly (readonly { start: number, length: number }[])[] }

export function entryBytes ({ dtype, shape, shard = 0, offset = 0, size = 0, crc = 0, slices = [] }: EntrySpec): Uint8Array {
  const writer = new Writer()
  writer.uint32(1, dtypes[dtype].number)
  writeShape(writer, 2, shape)
  writer.uint32(3, shard).int64(4, BigInt(offset)).int64(5, BigInt(size))
  const word = Buffer.alloc(4)
  word.writeUInt32LE(crc)
  writer.raw(Buffer.of(6 << 3 | 5)).raw(word)
  for (const slice of slices) {
    writer.message(7, s => {
      for (const { start, length } of slice) s.message(1, e => { if (length >= 0) e.int64(1, BigInt(start)).int64(2, BigInt(length)) })
    })
  }
  return writer.finish()
}

/** A tensor's bytes in a shard, and the unmasked checksum over them. */
export function stored (tensor: Tensor): { bytes: Buffer, crc: number } {
  if (tensor.dtype !== 'DT_STRING') {
    const bytes = Buffer.from(bytesOf(tensor.data as NumericData))
    return { bytes, crc: crc32c(bytes) }
  }
  const texts = tensor.data as readonly Uint8Array[]
  let crc = 0
  for (const text of texts) {
    const word = Buffer.alloc(4)
    word.writeUInt32LE(text.length)
    crc = crc32c(word, crc)
  }
  const check = Buffer.alloc(4)
  check.writeUInt32LE(maskCrc(crc))
  const tail = Buffer.concat([check, ...texts])
  return { bytes: Buffer.concat([...texts.map(text => varint(text.length)), tail]), crc: crc32c(tail, crc) }
}

export const headerBytes = (shards: number): Uint8Array => new Writer().uint32(1, shards).finish()

/** Writes `prefix`.index and its shards. Tensors go to the shards in turn. */
export function writeBundle (prefix: string, tensors: Readonly<Record<string, Tensor>>, shards = 1): void {
  const data: Buffer[][] = Array.from({ length: shards }, () => [])
  const entries: [string, Uint8Array][] = [['', headerBytes(shards)]]
  for (const [i, [name, tensor]] of Object.entries(tensors).entries()) {
    const shard = i % shards
    const { bytes, crc } = stored(tensor)
    entries.push([Buffer.from(name).toString('latin1'), entryBytes({ dtype: tensor.dtype, shape: tensor.shape, shard, offset: Buffer.concat(data[shard]).length, size: bytes.length, crc: maskCrc(crc) })])
    data[shard].push(bytes)
  }
  writeFileSync(`${prefix}.index`, tableBytes(entries))
  const digits = (n: number): string => String(n).padStart(5, '0')
  for (const [i, parts] of data.entries()) writeFileSync(`${prefix}.data-${digits(i)}-of-${digits(shards)}`, Buffer.concat(parts))
}

/** Writes a version's folder. */
export function writeVersion (folder: string, spec: ModelSpec, tensors?: Readonly<Record<string, Tensor>>): void {
  mkdirSync(join(folder, 'variables'), { recursive: true })
  writeFileSync(join(folder, 'saved_model.pb'), savedModelBytes(spec))
  if (tensors !== undefined) writeBundle(join(folder, 'variables', 'variables'), tensors)
}

export const floats = (shape: readonly number[], ...values: number[]): Tensor => ({ dtype: 'DT_FLOAT', shape, data: Float32Array.from(values) })
export const ints = (shape: readonly number[], ...values: number[]): Tensor => ({ dtype: 'DT_INT32', shape, data: Int32Array.from(values) })
export const strings = (shape: readonly number[], ...values: string[]): Tensor => ({ dtype: 'DT_STRING', shape, data: values.map(value => new Uint8Array(Buffer.from(value))) })

export const constNode = (name: string, value: Tensor): NodeSpec => ({ name, op: 'Const', attrs: { dtype: attr.dtype(value.dtype), value: attr.tensor(value) } })

/** y = x·a + b with two resource variables that the graph restores inside a function, and `bump`, which adds 1 to b. */
export const linear: ModelSpec = {
  nodes: [
    { name: 'x', op: 'Placeholder', attrs: { dtype: attr.dtype('DT_FLOAT'), shape: attr.shape([-1]) } },
    { name: 'a', op: 'VarHandleOp', attrs: { dtype: attr.dtype('DT_FLOAT'), shape: attr.shape([]), shared_name: attr.string('a') } },
    { name: 'b', op: 'VarHandleOp', attrs: { dtype: attr.dtype('DT_FLOAT'), shape: attr.shape([]), shared_name: attr.string('b') } },
    { name: 'call', op: 'StatefulPartitionedCall', inputs: ['x', 'a', 'b'], attrs: { f: attr.func('forward') } },
    constNode('one', floats([], 1)),
    { name: 'bump', op: 'AssignAddVariableOp', inputs: ['b', 'one'], attrs: { dtype: attr.dtype('DT_FLOAT') } },
    { name: 'bumped', op: 'ReadVariableOp', inputs: ['b', '^bump'], attrs: { dtype: attr.dtype('DT_FLOAT') } },
    { name: 'saver_filename', op: 'Placeholder', attrs: { dtype: attr.dtype('DT_STRING'), shape: attr.shape(undefined) } },
    { name: 'restore', op: 'StatefulPartitionedCall', inputs: ['saver_filename', 'a', 'b'], attrs: { f: attr.func('restore_all') } }
  ],
  functions: [
    {
      name: 'forward',
      args: ['x', 'a', 'b'],
      results: { y: 'sum:z:0' },
      nodes: [
        { name: 'read_a', op: 'ReadVariableOp', inputs: ['a'], attrs: { dtype: attr.dtype('DT_FLOAT') } },
        { name: 'read_b', op: 'ReadVariableOp', inputs: ['b'], attrs: { dtype: attr.dtype('DT_FLOAT') } },
        { name: 'product', op: 'Mul', inputs: ['x', 'read_a:value:0'], attrs: { T: attr.dtype('DT_FLOAT') } },
        { name: 'sum', op: 'AddV2', inputs: ['product:z:0', 'read_b:value:0'], attrs: { T: attr.dtype('DT_FLOAT') } }
      ]
    },
    {
      name: 'restore_all',
      args: ['prefix', 'a', 'b'],
      results: {},
      nodes: [
        constNode('names', strings([2], 'a/value', 'b/value')),
        constNode('slices', strings([2], '', '')),
        { name: 'read', op: 'RestoreV2', inputs: ['prefix', 'names:output:0', 'slices:output:0'], attrs: { dtypes: attr.dtypes(['DT_FLOAT', 'DT_FLOAT']) } },
        { name: 'assign_a', op: 'AssignVariableOp', inputs: ['a', 'read:tensors:0'], attrs: { dtype: attr.dtype('DT_FLOAT') } },
        { name: 'assign_b', op: 'AssignVariableOp', inputs: ['b', 'read:tensors:1'], attrs: { dtype: attr.dtype('DT_FLOAT') } }
      ]
    }
  ],
  saver: { filename: 'saver_filename:0', restore: 'restore' },
  signatures: {
    serving_default: { inputs: { x: { tensor: 'x:0', dtype: 'DT_FLOAT', shape: [-1] } }, outputs: { y: { tensor: 'call:0', dtype: 'DT_FLOAT', shape: [-1] } } },
    bump: { inputs: {}, outputs: { b: { tensor: 'bumped:0', dtype: 'DT_FLOAT', shape: [] } } }
  }
}

/** `_extra` is read by nothing, as the object graph in real checkpoints. */
export const linearVariables = { 'a/value': floats([], 0.5), 'b/value': floats([], 2), _extra: strings([2], 'object', 'graph') }
