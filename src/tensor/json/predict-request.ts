// Predict requests of TensorFlow Serving's REST: row and columnar JSON into tensors. Source: section 5. Knows no model, only a signature's inputs.
import { OutriggerError } from '../../errors.js'
import type { Tensor, TensorInfo, Tensors } from '../tensor.js'
import { ARRAY, OBJECT, type Document } from './document.js'
import { dump } from './dump.js'
import { elementsOf, invalid, isBase64Object, type Elements } from './values.js'

/** Row: `instances`, answered as `predictions`. Columnar: `inputs`, answered as `outputs`. */
export type RequestFormat = 'row' | 'columnar'

export interface PredictInputs {
  readonly format: RequestFormat
  readonly inputs: Tensors
}

/** Inputs of a signature by name. */
export type Inputs = ReadonlyMap<string, TensorInfo>

const root = 0

/** More dimensions than TensorFlow can hold. */
const maxRank = 254

/** Refuses a document that is no object. Throws REQUEST_INVALID. */
export function checkTopLevel (document: Document): void {
  if (document.kind(root) !== OBJECT) throw invalid(`JSON Value: ${dump(document, root)} Is not object`)
}

/** `signature_name` of the document, '' where it is absent. Throws REQUEST_INVALID when it is no string. */
export function signatureName (document: Document): string {
  const node = document.find(root, 'signature_name')
  if (node < 0) return ''
  if (!document.isString(node)) throw invalid(`JSON Value: ${dump(document, root)} not formatted correctly. 'signature_name' key must be a string value.`)
  return document.text(node)
}

/**
 * The tensors of a request whose top level has been checked, for a signature with these inputs. `signature` is its name as the caller gave it.
 * Declared shapes are not checked, only names and dtypes. Throws REQUEST_INVALID or REQUEST_UNIMPLEMENTED with TensorFlow Serving's texts.
 */
export function readPredictInputs (document: Document, inputs: Inputs, signature: string): PredictInputs {
  const instances = document.find(root, 'instances')
  const columns = document.find(root, 'inputs')
  if (inputs.size === 0 && !isEmptyObject(document, columns)) throw invalid(noInputs(signature))
  if (instances >= 0) {
    const shown = (): string => `JSON Value: ${dump(document, root)}`
    if (columns >= 0) throw invalid(`${shown()} Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist `)
    if (document.kind(instances) !== ARRAY) throw invalid(`${shown()} Expecting 'instances' to be an list/array`)
    if (document.size(instances) === 0) throw invalid(`${shown()} No values in 'instances' array`)
    return { format: 'row', inputs: readRows(document, instances, inputs) }
  }
  if (columns >= 0) return { format: 'columnar', inputs: readColumns(document, columns, inputs) }
  throw invalid("Missing 'inputs' or 'instances' key")
}

const isEmptyObject = (document: Document, node: number): boolean => node >= 0 && document.kind(node) === OBJECT && document.size(node) === 0

const noInputs = (signature: string): string =>
  `Failed to get input map for signature: ${signature === '' ? 'DEFAULT' : signature} (it has no inputs: send an empty object as 'inputs')`

/** Follows first elements downwards. */
function inferShape (document: Document, node: number): number[] {
  const shape: number[] = []
  for (; document.kind(node) === ARRAY; node++) {
    shape.push(document.size(node))
    if (document.size(node) === 0) break
  }
  return shape
}

/** Appends all elements below `node`, which must be as regular as `shape`. */
function fill (document: Document, node: number, shape: readonly number[], elements: Elements): void {
  const rank = shape.length
  const left: number[] = []
  const end = document.next(node)
  while (node < end) {
    const level = left.length
    if (document.kind(node) !== ARRAY) {
      if (level !== rank) throw invalid(`JSON Value: ${dump(document, node)} found at incorrect level: ${level + 1} in the JSON DOM. Expected at level: ${rank}`)
      elements.push(document, node)
      node = document.next(node)
    } else {
      if (level >= rank) throw invalid(`Encountered list at unexpected level: ${level} expected < ${rank}`)
      const size = document.size(node)
      if (size !== shape[level]) throw invalid(`Encountered list at unexpected size: ${size} at level: ${level} expected size: ${shape[level]}`)
      node++
      if (size > 0) { left.push(size); continue }
    }
    while (left.length > 0 && --left[left.length - 1] === 0) left.pop()
  }
}

function checkRank (shape: readonly number[]): void {
  if (shape.length > maxRank) throw invalid(`Lists are nested ${shape.length} levels deep; a tensor has at most ${maxRank} dimensions`)
}

function readTensor (document: Document, node: number, info: TensorInfo): Tensor {
  const shape = inferShape(document, node)
  const elements = elementsOf(info.dtype)
  fill(document, node, shape, elements)
  checkRank(shape)
  return { dtype: info.dtype, shape, data: elements.data() }
}

const empty = (): Record<string, Tensor> => Object.create(null) as Record<string, Tensor>

function readColumns (document: Document, node: number, inputs: Inputs): Tensors {
  const tensors = empty()
  if (document.kind(node) !== OBJECT || isBase64Object(document, node)) {
    if (inputs.size > 1) throw invalid('inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map')
    for (const [name, info] of inputs) tensors[name] = readTensor(document, node, info)
    return tensors
  }
  for (const [name, info] of inputs) {
    const value = document.find(node, name)
    if (value < 0) throw invalid(`Missing named input: ${name} in 'inputs' object.`)
    tensors[name] = readTensor(document, value, info)
  }
  return tensors
}

/** One input while rows are stacked: what is collected, and the first element's count and shape, which bind the others. */
class Stack {
  readonly info: TensorInfo
  readonly #elements: Elements
  #count = -1
  #shape: readonly number[] = []

  constructor (info: TensorInfo) {
    this.info = info
    this.#elements = elementsOf(info.dtype)
  }

  add (document: Document, node: number): void {
    const shape = inferShape(document, node)
    const before = this.#elements.length
    fill(document, node, shape, this.#elements)
    const count = this.#elements.length - before
    if (this.#count < 0) {
      this.#count = count
      this.#shape = shape
    } else if (count !== this.#count) throw invalid(`Expecting tensor size: ${this.#count} but got: ${count}`)
    else if (shape.length !== this.#shape.length || shape.some((size, i) => size !== this.#shape[i])) {
      throw invalid(`Expecting shape [${this.#shape.join(',')}] but got: [${shape.join(',')}]`)
    }
  }

  tensor (rows: number): Tensor {
    const shape = [rows, ...this.#shape]
    checkRank(shape)
    return { dtype: this.info.dtype, shape, data: this.#elements.data() }
  }
}

/** Adds what an element failed of, with the place: the form of TensorFlow Serving's own wrapping. */
function wrapped (error: unknown, index: number, key: string | undefined): unknown {
  if (!(error instanceof OutriggerError)) return error
  const code = error.code === 'REQUEST_UNIMPLEMENTED' ? 'UNIMPLEMENTED' : 'INVALID_ARGUMENT'
  return invalid(`Failed to process element: ${index} ${key === undefined ? '' : `key: ${key} `}of 'instances' list. Error: ${code}: ${error.message}`)
}

function readRows (document: Document, instances: number, inputs: Inputs): Tensors {
  const isNamed = (node: number): boolean => document.kind(node) === OBJECT && !isBase64Object(document, node)
  const named = isNamed(instances + 1)
  // A base64 object is a value: with several inputs nothing says which.
  if (inputs.size > 1 && !named) {
    throw invalid('instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map')
  }
  const stacks = new Map([...inputs].map(([name, info]) => [name, new Stack(info)]))
  const only = stacks.values().next().value as Stack
  const rows = document.size(instances)
  for (let index = 0, node = instances + 1; index < rows; index++, node = document.next(node)) {
    if (named) {
      if (!isNamed(node)) throw invalid(`Expecting object but got list at item ${index} of input list`)
      addNamed(document, node, index, stacks)
    } else {
      if (isNamed(node)) throw invalid(`Expecting value/list but got object at item ${index} of input list`)
      try {
        only.add(document, node)
      } catch (error) { throw wrapped(error, index, undefined) }
    }
  }
  const tensors = empty()
  for (const [name, stack] of stacks) tensors[name] = stack.tensor(rows)
  return tensors
}

/** One element with a key for each input; a key that comes twice counts once, the first time. */
function addNamed (document: Document, element: number, index: number, stacks: ReadonlyMap<string, Stack>): void {
  const seen = new Set<string>()
  let key = element + 1
  for (let i = document.size(element); i > 0; i--) {
    const name = document.text(key)
    if (!seen.has(name)) {
      try {
        const stack = stacks.get(name)
        if (stack === undefined) throw invalid(`JSON object: does not have named input: ${name}`)
        stack.add(document, key + 1)
      } catch (error) { throw wrapped(error, index, name) }
    }
    seen.add(name)
    key = document.next(key + 1)
  }
  if (seen.size !== stacks.size) {
    const names = [...stacks.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    throw invalid(`Failed to process element: ${index} of 'instances' list. JSON object: ${dump(document, element)} keys must be equal to: ${names.join(',')}`)
  }
}
