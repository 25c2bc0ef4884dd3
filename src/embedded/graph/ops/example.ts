// ParseExample, ParseExampleV2 and ParseSingleExample: serialized tf.Examples into dense and sparse tensors. Ragged features are refused.
import { dtypes, type DType } from '../../../tensor/dtype.js'
import { elementCount, type Tensor } from '../../../tensor/tensor.js'
import { readExample, type Feature } from './example-wire.js'
import { bytesOf, elementsOf, indexTensor, invalid, newElements, shapeText, tensorFrom, tensorOf, type Elements } from './values.js'
import type { BoundNode, Op, OpFamily, PartialShape } from '../kernel.js'

interface Dense { readonly key: string, readonly dtype: DType, readonly shape: readonly number[], readonly fallback: Tensor }
interface Sparse { readonly key: string, readonly dtype: DType }
/** One serialized example with the name that its errors carry. */
interface Example { readonly features: Map<string, Feature>, readonly name: string, readonly index: number }

const featureTypes: readonly DType[] = ['DT_STRING', 'DT_FLOAT', 'DT_INT64']

function checkTypes (node: BoundNode, types: readonly DType[]): readonly DType[] {
  for (const dtype of types) if (!featureTypes.includes(dtype)) node.unimplemented(`a feature of ${dtype}`)
  return types
}

/** Dense shapes; only the first size may be unknown, which makes the feature as long as the longest example. */
function checkShapes (node: BoundNode, shapes: readonly PartialShape[]): readonly (readonly number[])[] {
  return shapes.map(shape => {
    if (shape === undefined || shape.slice(1).includes(-1)) return node.unimplemented('a dense shape that is not known')
    return shape
  })
}

/** The feature of this key and type; undefined when it is missing. */
function featureIn ({ features, name, index }: Example, key: string, dtype: DType): Feature | undefined {
  const feature = features.get(key)
  if (feature !== undefined && feature.kind !== dtype) {
    throw invalid(`Name: ${name}, Key: ${key}, Index: ${index}.  Data types don't match. Expected type: ${dtypes[dtype].short}, Actual type: ${dtypes[feature.kind].short}`)
  }
  return feature
}

/** A dense feature of all examples, one after the other. */
function denseValues (examples: readonly Example[], { key, dtype, shape, fallback }: Dense): Tensor {
  if (shape[0] === -1) return variableValues(examples, { key, dtype, shape, fallback })
  const size = elementCount(shape)
  const out = newElements(dtype, examples.length * size)
  examples.forEach((example, i) => {
    const feature = featureIn(example, key, dtype)
    if (feature === undefined && fallback.data.length === 0 && size !== 0) {
      throw invalid(`Name: ${example.name}, Feature: ${key} (data type: ${dtypes[dtype].short}) is required but could not be found.`)
    }
    const values = feature === undefined ? elementsOf(fallback) : feature.values
    if (feature !== undefined && values.length !== size) {
      throw invalid(`Name: ${example.name}, Key: ${key}, Index: ${example.index}.  Number of ${dtypes[dtype].short} values != expected.  Values size: ${values.length} but output shape: ${shapeText(shape)}`)
    }
    for (let k = 0; k < size; k++) out[i * size + k] = values[values.length === 1 ? 0 : k]
  })
  return tensorFrom(dtype, [examples.length, ...shape], out)
}

/** A dense feature of open length: every example is filled up with the default to the longest. */
function variableValues (examples: readonly Example[], { key, dtype, shape, fallback }: Dense): Tensor {
  const stride = elementCount(shape.slice(1))
  const all = examples.map(example => {
    const feature = featureIn(example, key, dtype)
    const values = feature?.values ?? []
    if (values.length % stride !== 0) {
      throw invalid(`Name: ${example.name}, Key: ${key}, Index: ${example.index}.  Number of ${dtypes[dtype].short} values is not a multiple of stride length. Saw ${values.length} values but output shape is: ${shapeText(shape).replaceAll('-1', '?')}`)
    }
    return values
  })
  const longest = Math.max(0, ...all.map(values => values.length))
  const out = newElements(dtype, examples.length * longest)
  const rest: Elements = elementsOf(fallback)
  all.forEach((values, i) => {
    for (let k = 0; k < longest; k++) out[i * longest + k] = k < values.length ? values[k] : rest.length > 0 ? rest[0] : out[i * longest + k]
  })
  return tensorFrom(dtype, [examples.length, longest / stride, ...shape.slice(1)], out)
}

/** Indices, values and shape of a sparse feature; `batched` false leaves the batch axis out. */
function sparseValues (examples: readonly Example[], { key, dtype }: Sparse, batched: boolean): [Tensor, Tensor, Tensor] {
  const indices: number[] = []
  const values: (number | bigint | Uint8Array)[] = []
  let longest = 0
  examples.forEach((example, i) => {
    const found = featureIn(example, key, dtype)?.values ?? []
    longest = Math.max(longest, found.length)
    for (let k = 0; k < found.length; k++) {
      indices.push(...(batched ? [i, k] : [k]))
      values.push(found[k])
    }
  })
  const out = newElements(dtype, values.length)
  values.forEach((value, i) => { out[i] = value })
  return [
    indexTensor('DT_INT64', [values.length, batched ? 2 : 1], indices),
    tensorFrom(dtype, [values.length], out),
    indexTensor('DT_INT64', [batched ? 2 : 1], batched ? [examples.length, longest] : [longest])
  ]
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

function examplesOf (serialized: Tensor, names: Tensor | undefined): Example[] {
  if (names !== undefined && names.data.length !== 0 && names.data.length !== serialized.data.length) {
    throw invalid(`Expected names have the same shape as serialized: name.shape=${shapeText(names.shape)}, serialized.shape=${shapeText(serialized.shape)}`)
  }
  return bytesOf(serialized).map((bytes, index) => {
    const features = readExample(bytes)
    if (features === undefined) throw invalid(`Could not parse example input, value: '${Buffer.from(bytes).toString()}'`)
    return { features, index, name: names !== undefined && names.data.length > 0 ? textOf(bytesOf(names)[index]) : '<unknown>' }
  })
}

function checkDefault (key: string, dtype: DType, shape: readonly number[], fallback: Tensor): void {
  if (fallback.dtype !== dtype) throw invalid(`dense_defaults of ${key} is ${fallback.dtype}, but Tdense says ${dtype}`)
  if (shape[0] === -1) {
    if (fallback.data.length !== 1) throw invalid(`dense_shape[0] is a variable length shape: ${shapeText(shape).replaceAll('-1', '?')}, therefore def_value[0] must contain a single element (the padding element).  But its shape is: ${shapeText(fallback.shape)}`)
  } else if (fallback.data.length > 0 && shapeText(fallback.shape) !== shapeText(shape)) {
    throw invalid(`def_value[0].shape() == ${shapeText(fallback.shape)} is not compatible with dense_shapes_[0] == ${shapeText(shape)}`)
  }
}

/** All outputs in the ops' order: sparse indices, values, shapes, then dense values. */
function parse (examples: readonly Example[], sparse: readonly Sparse[], dense: readonly Dense[], batched: boolean): Tensor[] {
  for (const { key, dtype, shape, fallback } of dense) checkDefault(key, dtype, shape, fallback)
  const denses = dense.map(each => denseValues(examples, each))
  const sparses = sparse.map(each => sparseValues(examples, each, batched))
  return [...[0, 1, 2].flatMap(part => sparses.map(each => each[part])), ...denses]
}

const parseExample: Op = node => {
  const sparseTypes = checkTypes(node, node.attrs.dtypes('sparse_types', []))
  const denseTypes = checkTypes(node, node.attrs.dtypes('Tdense', []))
  const shapes = checkShapes(node, node.attrs.shapes('dense_shapes', []))
  return inputs => {
    const [serialized, names, ...rest] = inputs.map(tensorOf)
    if (serialized.shape.length !== 1) throw invalid(`Expected serialized to be a vector, got shape: ${shapeText(serialized.shape)}`)
    const keys = rest.slice(0, sparseTypes.length + denseTypes.length).map(key => textOf(bytesOf(key)[0]))
    const defaults = rest.slice(keys.length)
    const sparse = sparseTypes.map((dtype, i) => ({ key: keys[i], dtype }))
    const dense = denseTypes.map((dtype, i) => ({ key: keys[sparseTypes.length + i], dtype, shape: shapes[i], fallback: defaults[i] }))
    return parse(examplesOf(serialized, names), sparse, dense, true)
  }
}

const parseExampleV2: Op = node => {
  const sparseTypes = checkTypes(node, node.attrs.dtypes('sparse_types', []))
  const denseTypes = checkTypes(node, node.attrs.dtypes('Tdense', []))
  const shapes = checkShapes(node, node.attrs.shapes('dense_shapes', []))
  if (node.attrs.dtypes('ragged_value_types', []).length > 0) node.unimplemented('ragged features')
  return inputs => {
    const [serialized, names, sparseKeys, denseKeys, , ...defaults] = inputs.map(tensorOf)
    if (serialized.shape.length > 1) throw invalid(`Expected serialized to be a scalar or vector, got shape: ${shapeText(serialized.shape)}`)
    if (sparseKeys.data.length !== sparseTypes.length || denseKeys.data.length !== denseTypes.length) {
      throw invalid(`Expected ${sparseTypes.length} sparse and ${denseTypes.length} dense keys, got ${sparseKeys.data.length} and ${denseKeys.data.length}`)
    }
    const sparse = bytesOf(sparseKeys).map((key, i) => ({ key: textOf(key), dtype: sparseTypes[i] }))
    const dense = bytesOf(denseKeys).map((key, i) => ({ key: textOf(key), dtype: denseTypes[i], shape: shapes[i], fallback: defaults[i] }))
    const batched = serialized.shape.length === 1
    return unbatched(parse(examplesOf(serialized, names), sparse, dense, batched), sparse.length, batched)
  }
}

/** Dense values of a single example have no batch axis. */
const unbatched = (outputs: Tensor[], sparseCount: number, batched: boolean): Tensor[] =>
  batched ? outputs : outputs.map((tensor, i) => i < 3 * sparseCount ? tensor : { ...tensor, shape: tensor.shape.slice(1) })

const parseSingleExample: Op = node => {
  const sparseTypes = checkTypes(node, node.attrs.dtypes('sparse_types', []))
  const denseTypes = checkTypes(node, node.attrs.dtypes('Tdense', []))
  const shapes = checkShapes(node, node.attrs.shapes('dense_shapes', []))
  const latin = (key: string): string => Buffer.from(key).toString('latin1')
  const sparse = node.attrs.strings('sparse_keys', []).map((key, i) => ({ key: latin(key), dtype: sparseTypes[i] }))
  const denseKeys = node.attrs.strings('dense_keys', []).map(latin)
  return inputs => {
    const [serialized, ...defaults] = inputs.map(tensorOf)
    if (serialized.shape.length !== 0) throw invalid(`Expected serialized to be a scalar, got shape: ${shapeText(serialized.shape)}`)
    const dense = denseKeys.map((key, i) => ({ key, dtype: denseTypes[i], shape: shapes[i], fallback: defaults[i] }))
    return unbatched(parse(examplesOf(serialized, undefined), sparse, dense, false), sparse.length, false)
  }
}

export const examples: OpFamily = {
  ParseExample: parseExample,
  ParseExampleV2: parseExampleV2,
  ParseSingleExample: parseSingleExample
}
