// Classify and regress requests of TensorFlow Serving's REST: JSON objects into the bytes of tensorflow.serving.Input with its tf.Examples, and the results back into JSON. Source: section 8.
import { Writer } from '../proto/wire.js'
import { ARRAY, DOUBLE, FALSE, INTEGER, NULL, OBJECT, TRUE, type Document } from './document.js'
import { dump, typeName } from './dump.js'
import { floatText } from './number-text.js'
import { quote } from './quote.js'
import { base64Bytes, invalid, isBase64Object } from './values.js'

type Kind = 'bytes' | 'float' | 'int64'

/** Field numbers of tensorflow.Feature's oneof. */
const kindFields: Readonly<Record<Kind, number>> = { bytes: 1, float: 2, int64: 3 }

/** Values of one feature; an empty list has no kind. */
interface Feature { kind: Kind | undefined, readonly values: (Uint8Array | number | bigint)[] }

const root = 0

/**
 * The bytes of a tensorflow.serving.Input from a document whose top level has been checked: `examples`, and `context` where it is given.
 * Throws REQUEST_INVALID with TensorFlow Serving's texts.
 */
export function readInput (document: Document): Buffer {
  const context = document.find(root, 'context')
  const contextFeatures = context < 0 ? undefined : readExample(document, context)
  const examples = document.find(root, 'examples')
  const shown = (): string => `JSON Value: ${dump(document, root)}`
  if (examples < 0) throw invalid(`${shown()} When method is classify, key 'examples' is expected and was not found`)
  if (document.kind(examples) !== ARRAY) throw invalid(`${shown()} Expecting 'examples' value to be an list/array`)
  if (document.size(examples) === 0) throw invalid(`${shown()} 'examples' value is an empty array`)
  const writer = new Writer()
  writer.message(contextFeatures === undefined ? 1 : 2, list => {
    let node = examples + 1
    for (let i = document.size(examples); i > 0; i--) {
      const features = readExample(document, node)
      list.message(1, example => { writeExample(example, features) })
      node = document.next(node)
    }
    if (contextFeatures !== undefined) list.message(2, example => { writeExample(example, contextFeatures) })
  })
  return writer.finish()
}

/** Features by name; of a name that comes twice the last one counts, as in a map. */
function readExample (document: Document, node: number): Map<string, Feature> {
  if (document.kind(node) !== OBJECT) throw invalid(`Example must be JSON object but got JSON ${typeName(document, node)}`)
  const features = new Map<string, Feature>()
  let key = node + 1
  for (let i = document.size(node); i > 0; i--) {
    features.set(document.text(key), readFeature(document, key + 1, document.text(key)))
    key = document.next(key + 1)
  }
  return features
}

function readFeature (document: Document, node: number, name: string): Feature {
  const feature: Feature = { kind: undefined, values: [] }
  if (document.kind(node) !== ARRAY) addValue(document, node, name, feature)
  else {
    let value = node + 1
    for (let i = document.size(node); i > 0; i--) {
      addValue(document, value, name, feature)
      value = document.next(value)
    }
  }
  return feature
}

function addValue (document: Document, node: number, name: string, feature: Feature): void {
  const kind = kindOf(document, node)
  if (kind === undefined) throw invalid(`Feature: ${name} has element with unexpected JSON type: ${typeName(document, node)}`)
  feature.kind ??= kind
  if (feature.kind !== kind) throw invalid(`Unexpected element type in feature: ${name} expecting type: ${feature.kind}`)
  feature.values.push(valueOf(document, node, name))
}

/** The kind follows the literal: 20 is an int64, 20.0 a float. */
function kindOf (document: Document, node: number): Kind | undefined {
  switch (document.kind(node)) {
    case NULL: case ARRAY: return undefined
    case OBJECT: return isBase64Object(document, node) ? 'bytes' : undefined
    case TRUE: case FALSE: case INTEGER: return 'int64'
    case DOUBLE: return 'float'
    default: return 'bytes'
  }
}

function valueOf (document: Document, node: number, name: string): Uint8Array | number | bigint {
  switch (document.kind(node)) {
    case TRUE: return 1n
    case FALSE: return 0n
    case DOUBLE: return document.double(node)
    case OBJECT: return base64Bytes(document, node)
    case INTEGER: {
      const value = document.integer(node)
      if (value > 9223372036854775807n) throw invalid(`Feature: ${name} has uint64_t element. Only int64_t is supported.`)
      return value
    }
    default: return document.stringBytes(node)
  }
}

/** tensorflow.Example: features { feature { key, value } }. */
function writeExample (writer: Writer, features: ReadonlyMap<string, Feature>): void {
  writer.message(1, list => {
    for (const [name, { kind, values }] of features) {
      list.message(1, entry => {
        entry.string(1, name)
        entry.message(2, feature => { if (kind !== undefined) feature.message(kindFields[kind], w => { writeValues(w, kind, values) }) })
      })
    }
  })
}

function writeValues (writer: Writer, kind: Kind, values: readonly (Uint8Array | number | bigint)[]): void {
  if (kind === 'bytes') for (const value of values) writer.bytes(1, value as Uint8Array)
  else if (kind === 'float') writer.bytes(1, new Uint8Array(Float32Array.from(values as number[]).buffer))
  else writer.message(1, packed => { for (const value of values) packed.varint64(value as bigint) })
}

export interface ScoredClass { readonly label: string, readonly score: number }

/** The text of a classification's answer, one list of classes per example. Throws REQUEST_INVALID when there is none. */
export function printClassifications (results: readonly (readonly ScoredClass[])[]): string {
  if (results.length === 0) throw invalid('Cannot convert empty ClassificationResults to JSON')
  const lists = results.map(classes => `[${classes.map(({ label, score }) => `[${quote(label)}, ${floatText(score)}]`).join(', ')}]`)
  return `{\n    "results": [${lists.join(', ')}\n    ]\n}`
}

/** The text of a regression's answer, one single per example. Throws REQUEST_INVALID when there is none. */
export function printRegressions (values: readonly number[]): string {
  if (values.length === 0) throw invalid('Cannot convert empty RegressionResults to JSON')
  return `{\n    "results": [${values.map(floatText).join(', ')}]\n}`
}
