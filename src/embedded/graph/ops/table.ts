// Lookup tables: made, filled (from tensors or a text file of the version's folder), read. A table lives in the session under container/shared_name.
import { basename } from 'node:path'
import { elementCount, type Tensor } from '../../../tensor/tensor.js'
import { ModelError } from '../../formats/format.js'
import { elementsOf, invalid, newElements, shapeText, tensorFrom, tensorOf, type Shape } from './values.js'
import { readCell, readLines } from './vocabulary-file.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Handle, Kernel, Op, OpFamily, Value } from '../kernel.js'

const FAILED_PRECONDITION = 9

const keyTypes: readonly DType[] = ['DT_STRING', 'DT_INT32', 'DT_INT64']
const valueTypes: readonly DType[] = ['DT_STRING', 'DT_INT32', 'DT_INT64', 'DT_FLOAT', 'DT_DOUBLE', 'DT_BOOL']

type Element = number | bigint | Uint8Array
type Key = string | number | bigint

/** Byte strings as keys: one character per byte. */
const keyOf = (element: Element): Key => typeof element === 'object' ? Buffer.from(element.buffer, element.byteOffset, element.byteLength).toString('latin1') : element

export class LookupTable {
  readonly keyType: DType
  readonly valueType: DType
  /** A table that can only be initialised once, as HashTable; else one that takes inserts at any time. */
  readonly fixed: boolean
  readonly entries = new Map<Key, { key: Element, value: Element }>()
  initialized: boolean

  constructor (keyType: DType, valueType: DType, fixed: boolean) {
    this.keyType = keyType
    this.valueType = valueType
    this.fixed = fixed
    this.initialized = !fixed
  }
}

/** Makes the table when it is first asked for; nodes of the same container and shared name share it. */
const tableOp = (fixed: boolean): Op => node => {
  const keyType = node.attrs.dtype('key_dtype')
  const valueType = node.attrs.dtype('value_dtype')
  if (!keyTypes.includes(keyType) || !valueTypes.includes(valueType)) node.unimplemented(`key_dtype=${keyType} value_dtype=${valueType}`)
  const container = node.attrs.string('container', '')
  const shared = node.attrs.string('shared_name', '') || node.name
  const name = `${container}/${shared}`
  return (_inputs, session) => {
    let table = session.resources.get(name)
    if (table === undefined) session.resources.set(name, table = new LookupTable(keyType, valueType, fixed))
    if (!(table instanceof LookupTable) || table.keyType !== keyType || table.valueType !== valueType) {
      throw invalid(`Conflicting key/value dtypes or kinds of resource for table ${shared}`)
    }
    const handle: Handle = { dtype: 'DT_RESOURCE', shape: [], resource: table }
    return handle
  }
}

function tableOf (value: Value): LookupTable {
  const resource = 'resource' in value ? value.resource : undefined
  if (!(resource instanceof LookupTable)) throw new ModelError(13, 'The handle is no lookup table')
  return resource
}

function initializedTable (value: Value): LookupTable {
  const table = tableOf(value)
  if (!table.initialized) throw new ModelError(FAILED_PRECONDITION, 'Table not initialized.')
  return table
}

function checkTypes (table: LookupTable, keys: Tensor, values: Tensor): void {
  if (keys.dtype !== table.keyType || values.dtype !== table.valueType) {
    throw invalid(`Key and value must be of the table's types, ${table.keyType} and ${table.valueType}, but are ${keys.dtype} and ${values.dtype}`)
  }
}

/** Fills a fixed table. Initialising it again with the same content does nothing. */
function initialize (table: LookupTable, keys: ArrayLike<Element>, values: ArrayLike<Element>): void {
  if (table.initialized) {
    if (table.fixed && sameContent(table, keys, values)) return
    throw new ModelError(FAILED_PRECONDITION, 'Table was already initialized with different data.')
  }
  const fresh = new Map<Key, { key: Element, value: Element }>()
  for (let i = 0; i < keys.length; i++) {
    const key = keyOf(keys[i])
    const known = fresh.get(key)
    if (known !== undefined && keyOf(known.value) !== keyOf(values[i])) {
      throw new ModelError(FAILED_PRECONDITION, `HashTable has different value for same key. Key ${key} has ${keyOf(known.value)} and trying to add value ${keyOf(values[i])}`)
    }
    fresh.set(key, { key: keys[i], value: values[i] })
  }
  for (const [key, entry] of fresh) table.entries.set(key, entry)
  table.initialized = true
}

function sameContent (table: LookupTable, keys: ArrayLike<Element>, values: ArrayLike<Element>): boolean {
  return keys.length === table.entries.size && Array.from({ length: keys.length }, (_, i) => table.entries.get(keyOf(keys[i])))
    .every((entry, i) => entry !== undefined && keyOf(entry.value) === keyOf(values[i]))
}

function checkSameCount (keys: Tensor, values: Tensor): void {
  if (elementCount(keys.shape) !== elementCount(values.shape)) throw invalid(`Keys and values must have the same size ${elementCount(keys.shape)} vs ${elementCount(values.shape)}`)
}

const initializeTable: Op = () => inputs => {
  const table = tableOf(inputs[0])
  const keys = tensorOf(inputs[1])
  const values = tensorOf(inputs[2])
  checkTypes(table, keys, values)
  if (keys.shape.length !== 1) throw invalid(`Keys must be a vector, but received shape${shapeText(keys.shape)}`)
  if (values.shape.length !== 1) throw invalid(`Values must be a vector, but received shape${shapeText(values.shape)}`)
  checkSameCount(keys, values)
  initialize(table, elementsOf(keys), elementsOf(values))
  return []
}

const importTable: Op = () => inputs => {
  const table = tableOf(inputs[0])
  const keys = tensorOf(inputs[1])
  const values = tensorOf(inputs[2])
  checkTypes(table, keys, values)
  checkSameCount(keys, values)
  if (!table.fixed) table.entries.clear()
  fill(table, keys, values)
  return []
}

const insert: Op = () => inputs => {
  const table = tableOf(inputs[0])
  const keys = tensorOf(inputs[1])
  const values = tensorOf(inputs[2])
  checkTypes(table, keys, values)
  checkSameCount(keys, values)
  if (table.fixed) throw new ModelError(12, 'Insert not supported by InitializableLookupTable implementations')
  fill(table, keys, values)
  return []
}

function fill (table: LookupTable, keys: Tensor, values: Tensor): void {
  const from = elementsOf(keys)
  const to = elementsOf(values)
  if (table.fixed) return initialize(table, from, to)
  for (let i = 0; i < from.length; i++) table.entries.set(keyOf(from[i]), { key: from[i], value: to[i] })
}

const remove: Op = () => inputs => {
  const table = tableOf(inputs[0])
  const keys = elementsOf(tensorOf(inputs[1]))
  for (let i = 0; i < keys.length; i++) table.entries.delete(keyOf(keys[i]))
  return []
}

const find: Op = () => inputs => {
  const table = tableOf(inputs[0])
  const keys = tensorOf(inputs[1])
  const fallback = tensorOf(inputs[2])
  checkTypes(table, keys, fallback)
  const from = elementsOf(keys)
  const missing = defaults(table, fallback, keys.shape)
  if (!table.initialized) throw new ModelError(FAILED_PRECONDITION, 'Table not initialized.')
  const out = newElements(table.valueType, from.length)
  for (let i = 0; i < from.length; i++) {
    const entry = table.entries.get(keyOf(from[i]))
    out[i] = entry === undefined ? missing(i) : entry.value
  }
  return tensorFrom(table.valueType, keys.shape, out)
}

/** One default for all keys. A mutable table also takes one for each; a fixed one looks at the first only. */
function defaults (table: LookupTable, fallback: Tensor, shape: Shape): (i: number) => Element {
  const elements = elementsOf(fallback)
  if (elements.length > 0 && (table.fixed || fallback.shape.length === 0)) return () => elements[0]
  if (!table.fixed && elements.length === elementCount(shape)) return i => elements[i]
  throw invalid(`Expected shape [] or ${shapeText(shape)} for default value, got ${shapeText(fallback.shape)}`)
}

const size: Op = () => inputs => ({ dtype: 'DT_INT64', shape: [], data: BigInt64Array.of(BigInt(tableOf(inputs[0]).entries.size)) })

const exportTable: Op = () => inputs => {
  const table = initializedTable(inputs[0])
  const entries = [...table.entries.values()]
  const keys = newElements(table.keyType, entries.length)
  const values = newElements(table.valueType, entries.length)
  entries.forEach((entry, i) => {
    keys[i] = entry.key
    values[i] = entry.value
  })
  return [tensorFrom(table.keyType, [entries.length], keys), tensorFrom(table.valueType, [entries.length], values)]
}

const initializeFromTextFile: Op = node => {
  const keyIndex = node.attrs.int('key_index')
  const valueIndex = node.attrs.int('value_index')
  const vocabularySize = node.attrs.int('vocab_size', -1)
  const delimiter = node.attrs.string('delimiter', '\t')
  const offset = node.attrs.int('offset', 0)
  const kernel: Kernel = (inputs, session) => {
    const table = tableOf(inputs[0])
    const name = tensorOf(inputs[1])
    if (name.data.length !== 1) throw invalid(`filename should be a single string, but got ${shapeText(name.shape)}`)
    const path = Buffer.from(elementsOf(name)[0] as Uint8Array).toString()
    const lines = readLines(session.folder, path)
    const used = vocabularySize < 0 ? lines.length : vocabularySize
    if (lines.length < used) throw invalid(`Invalid vocab_size in ${basename(path)}: expected ${used} but got ${lines.length}`)
    const from = lines.slice(0, used)
    const column = (index: number, dtype: DType): Element[] => from.map((line, i) => readCell(line, i + offset, index, delimiter, dtype))
    initialize(table, column(keyIndex, table.keyType), column(valueIndex, table.valueType))
    return []
  }
  return kernel
}

export const tables: OpFamily = {
  HashTableV2: tableOp(true),
  MutableHashTableV2: tableOp(false),
  InitializeTableV2: initializeTable,
  InitializeTableFromTextFileV2: initializeFromTextFile,
  LookupTableImportV2: importTable,
  LookupTableInsertV2: insert,
  LookupTableRemoveV2: remove,
  LookupTableFindV2: find,
  LookupTableSizeV2: size,
  LookupTableExportV2: exportTable
}
