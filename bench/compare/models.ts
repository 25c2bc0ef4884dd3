// The models that the comparison runs on, written as SavedModels: small graphs, so that what is measured is the way to the model. Every one of them answers exactly, in float32, whatever the order of its sums.
import { join } from 'node:path'
import { attr, constNode, floats, ints, writeVersion, type ModelSpec, type NodeSpec } from '../../test/embedded/saved-model-writer.js'

/** Features of a row of `medium`, and its answers. */
export const features = 784
export const classes = 10
/** Height and width of a picture of `image`, in three colours. */
export const side = 224

const float = { T: attr.dtype('DT_FLOAT') }
const input = (dtype: 'DT_FLOAT' | 'DT_STRING', shape: readonly number[]): NodeSpec => ({ name: 'x', op: 'Placeholder', attrs: { dtype: attr.dtype(dtype), shape: attr.shape(shape) } })

/** Small whole numbers; the first feature counts once, and for the first class only. */
export const weightOf = (feature: number, of: number): number => feature === 0 ? Number(of === 0) : (feature * 7 + of * 3) % 5 - 2

const weights = floats([features, classes], ...Array.from({ length: features * classes }, (_, i) => weightOf(Math.floor(i / classes), i % classes)))

const specs: Readonly<Record<string, ModelSpec>> = {
  // x / 2 + 2
  tiny: {
    nodes: [
      input('DT_FLOAT', [-1]), constNode('half', floats([], 0.5)), constNode('two', floats([], 2)),
      { name: 'product', op: 'Mul', inputs: ['x', 'half'], attrs: float },
      { name: 'y', op: 'AddV2', inputs: ['product', 'two'], attrs: float }
    ],
    signatures: { serving_default: { inputs: { x: { tensor: 'x:0', dtype: 'DT_FLOAT', shape: [-1] } }, outputs: { y: { tensor: 'y:0', dtype: 'DT_FLOAT', shape: [-1] } } } }
  },
  // A dense layer.
  medium: {
    nodes: [
      input('DT_FLOAT', [-1, features]), constNode('weights', weights),
      { name: 'y', op: 'MatMul', inputs: ['x', 'weights'], attrs: { ...float, transpose_a: attr.bool(false), transpose_b: attr.bool(false) } }
    ],
    signatures: { serving_default: { inputs: { x: { tensor: 'x:0', dtype: 'DT_FLOAT', shape: [-1, features] } }, outputs: { y: { tensor: 'y:0', dtype: 'DT_FLOAT', shape: [-1, classes] } } } }
  },
  // The sum of each colour.
  image: {
    nodes: [
      input('DT_FLOAT', [-1, side, side, 3]), constNode('axes', ints([2], 1, 2)),
      { name: 'y', op: 'Sum', inputs: ['x', 'axes'], attrs: { ...float, Tidx: attr.dtype('DT_INT32'), keep_dims: attr.bool(false) } }
    ],
    signatures: { serving_default: { inputs: { x: { tensor: 'x:0', dtype: 'DT_FLOAT', shape: [-1, side, side, 3] } }, outputs: { y: { tensor: 'y:0', dtype: 'DT_FLOAT', shape: [-1, 3] } } } }
  },
  // How many bytes each text has: what comes as base64 is carried and not decoded.
  bytes: {
    nodes: [input('DT_STRING', [-1]), { name: 'y', op: 'StringLength', inputs: ['x'], attrs: { unit: attr.string('BYTE') } }],
    signatures: { serving_default: { inputs: { x: { tensor: 'x:0', dtype: 'DT_STRING', shape: [-1] } }, outputs: { y: { tensor: 'y:0', dtype: 'DT_INT32', shape: [-1] } } } }
  }
}

/** Writes version 1 of each into a repository folder. */
export function writeModels (repository: string): void {
  for (const [name, spec] of Object.entries(specs)) writeVersion(join(repository, name, '1'), spec)
}

/** What a model server on its own is told with --model_config_file. */
export const modelConfig = (repository: string): string =>
  `model_config_list {\n${Object.keys(specs).map(name => `  config { name: "${name}" base_path: "${join(repository, name)}" model_platform: "tensorflow" }\n`).join('')}}\n`
