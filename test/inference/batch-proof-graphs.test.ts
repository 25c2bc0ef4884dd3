// The proof on real graphs, run by the embedded engine: those that look across rows are found out.
import t, { type Test } from 'tap'
import { savedModel } from '../../src/embedded/formats/saved-model/index.js'
import { proveBatching, type BatchingState } from '../../src/inference/batch-proof.js'
import { OutriggerError } from '../../src/errors.js'
import { readPredictRequest, writeStackedPredictRequest } from '../../src/tensor/proto/predict.js'
import type { Tensor, Tensors } from '../../src/tensor/tensor.js'
import { attr, constNode, writeVersion, type NodeSpec } from '../embedded/saved-model-writer.js'

const float = { T: attr.dtype('DT_FLOAT') }
const axis = (name: string, ...values: number[]): NodeSpec => constNode(name, { dtype: 'DT_INT32', shape: name === 'axis' ? [] : [values.length], data: Int32Array.from(values) } as Tensor)

/** Whether a graph from `x` [-1, 3] to `y` [-1, 3] is let through. */
async function prove (t: Test, nodes: readonly NodeSpec[]): Promise<BatchingState> {
  const folder = t.testdir()
  writeVersion(folder, {
    nodes: [{ name: 'x', op: 'Placeholder', attrs: { dtype: attr.dtype('DT_FLOAT') } }, ...nodes],
    signatures: { serving_default: { inputs: { x: { tensor: 'x:0', dtype: 'DT_FLOAT', shape: [-1, 3] } }, outputs: { y: { tensor: 'y:0', dtype: 'DT_FLOAT', shape: [-1, 3] } } } }
  })
  const model = await savedModel.load(folder)
  t.teardown(() => model.dispose())
  const run = (inputs: Tensors): Tensors => {
    try {
      return model.run('serving_default', inputs, [])
    } catch (error) {
      throw new OutriggerError('MODEL_INVALID_ARGUMENT', (error as Error).message)
    }
  }
  return await proveBatching(model.signatures.get('serving_default')!, {
    ask: async inputs => run(inputs),
    askTogether: async requests => run(readPredictRequest(writeStackedPredictRequest({ name: 'm', signatureName: '' }, requests)).inputs),
    recorded: [],
    maxRequestBytes: 65536
  })
}

const overAxis0 = (op: string): NodeSpec[] => [axis('axes', 0), { name: 'r', op, inputs: ['x', 'axes'], attrs: { ...float, Tidx: attr.dtype('DT_INT32'), keep_dims: attr.bool(true) } }]

const graphs: Readonly<Record<string, { cause: string, nodes: readonly NodeSpec[] }>> = {
  'y = tanh(x)': { cause: 'proven', nodes: [{ name: 'y', op: 'Tanh', inputs: ['x'], attrs: float }] },
  'softmax within the row': { cause: 'proven', nodes: [{ name: 'y', op: 'Softmax', inputs: ['x'], attrs: float }] },
  'the mean over the batch subtracted': { cause: 'mixes', nodes: [...overAxis0('Mean'), { name: 'y', op: 'Sub', inputs: ['x', 'r'], attrs: float }] },
  'the maximum over the batch subtracted': { cause: 'mixes', nodes: [...overAxis0('Max'), { name: 'y', op: 'Sub', inputs: ['x', 'r'], attrs: float }] },
  cumsum: { cause: 'mixes', nodes: [axis('axis', 0), { name: 'y', op: 'Cumsum', inputs: ['x', 'axis'], attrs: { ...float, Tidx: attr.dtype('DT_INT32'), exclusive: attr.bool(false), reverse: attr.bool(false) } }] },
  'cumsum from the end': { cause: 'mixes', nodes: [axis('axis', 0), { name: 'y', op: 'Cumsum', inputs: ['x', 'axis'], attrs: { ...float, Tidx: attr.dtype('DT_INT32'), exclusive: attr.bool(false), reverse: attr.bool(true) } }] },
  'the sum over the batch': { cause: 'rows', nodes: [axis('axes', 0), { name: 'y', op: 'Sum', inputs: ['x', 'axes'], attrs: { ...float, Tidx: attr.dtype('DT_INT32'), keep_dims: attr.bool(true) } }] },
  reversed: { cause: 'mixes', nodes: [axis('axes', 0), { name: 'y', op: 'ReverseV2', inputs: ['x', 'axes'], attrs: { ...float, Tidx: attr.dtype('DT_INT32') } }] }
}

for (const [name, { cause, nodes }] of Object.entries(graphs)) {
  t.test(name, async t => {
    const state = await prove(t, nodes)
    t.match(state, { on: cause === 'proven', cause }, state.why)
  })
}
