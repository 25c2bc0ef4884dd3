// The repository that is fuzzed: the samples, and models written here whose inputs are of every kind that a body can be read as. No tests here.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DType } from '../../src/tensor/dtype.js'
import { attr, constNode, floats, linear, linearVariables, strings, writeVersion, type ModelSpec, type NodeSpec, type TensorSpec } from '../embedded/saved-model-writer.js'

type Inputs = Readonly<Record<string, readonly [dtype: DType, shape: readonly number[] | undefined]>>

const placeholder = (name: string, dtype: DType, shape: readonly number[] | undefined): NodeSpec => ({ name, op: 'Placeholder', attrs: { dtype: attr.dtype(dtype), shape: attr.shape(shape) } })

/** Answers each input as it came, under `<name>_out`; or what `op` makes of it. */
function echo (inputs: Inputs, suffix = '_out', op = 'Identity', out?: DType): ModelSpec {
  const specs = (of: (name: string) => string, key: (name: string) => string, dtypeOf: (dtype: DType) => DType, shapeOf: (shape: readonly number[] | undefined) => readonly number[] | undefined): Record<string, TensorSpec> =>
    Object.fromEntries(Object.entries(inputs).map(([name, [dtype, shape]]) => [key(name), { tensor: of(name), dtype: dtypeOf(dtype), shape: shapeOf(shape) }]))
  return {
    nodes: Object.entries(inputs).flatMap(([name, [dtype, shape]]) => [
      placeholder(name, dtype, shape),
      { name: `${name}_result`, op, inputs: [name], attrs: { T: attr.dtype(dtype), ...(out === undefined ? {} : { out_type: attr.dtype(out) }) } }
    ]),
    signatures: {
      serving_default: {
        inputs: specs(name => `${name}:0`, name => name, dtype => dtype, shape => shape),
        outputs: specs(name => `${name}_result:0`, name => `${name}${suffix}`, dtype => out ?? dtype, shape => out === undefined ? shape : [shape?.length ?? -1])
      }
    }
  }
}

/** tf.Example with a float feature `x` in, the same number as class score and as regression out. */
const examples: ModelSpec = {
  nodes: [
    placeholder('serialized', 'DT_STRING', [-1]),
    constNode('names', strings([0])),
    constNode('key', strings([], 'x')),
    constNode('fallback', floats([0])),
    { name: 'parse', op: 'ParseExample', inputs: ['serialized', 'names', 'key', 'fallback'], attrs: { Ndense: attr.int(1), Nsparse: attr.int(0), Tdense: attr.dtypes(['DT_FLOAT']), sparse_types: attr.dtypes([]), dense_shapes: attr.shapes([[1]]) } }
  ],
  signatures: {
    serving_default: { inputs: { inputs: { tensor: 'serialized:0', dtype: 'DT_STRING', shape: [-1] } }, outputs: { outputs: { tensor: 'parse:0', dtype: 'DT_FLOAT', shape: [-1, 1] } }, method: 'tensorflow/serving/regress' },
    classes: { inputs: { inputs: { tensor: 'serialized:0', dtype: 'DT_STRING', shape: [-1] } }, outputs: { scores: { tensor: 'parse:0', dtype: 'DT_FLOAT', shape: [-1, 1] } }, method: 'tensorflow/serving/classify' }
  }
}

const written: Readonly<Record<string, ModelSpec>> = {
  text: echo({ s: ['DT_STRING', [-1]] }),
  bytes: echo({ s: ['DT_STRING', [-1, 1]] }, '_bytes'),
  kinds: echo({ d: ['DT_DOUBLE', [-1]], i: ['DT_INT32', [-1, 2]], l: ['DT_INT64', [-1]], b: ['DT_BOOL', [-1, 1, 1]], u: ['DT_UINT8', []], any: ['DT_FLOAT', undefined] }),
  picture: echo({ image: ['DT_UINT8', [-1, -1, -1, 3]] }, '_shape', 'Shape', 'DT_INT32'),
  grid: echo({ g: ['DT_FLOAT', [-1, -1]] }),
  examples
}

/** Writes the repository. Returns the names that are servable by more than their handler. */
export function writeModels (folder: string, samples: string): void {
  for (const name of ['titanic', 'digits', 'half_plus_two']) cpSync(join(samples, name), join(folder, name), { recursive: true })
  for (const [name, spec] of Object.entries(written)) writeVersion(join(folder, name, '1'), spec)
  writeVersion(join(folder, 'linear', '3'), linear, linearVariables)
  mkdirSync(join(folder, 'linear'), { recursive: true })
  writeFileSync(join(folder, 'linear', 'model.yaml'), 'labels:\n  stable: 3\n')
}
