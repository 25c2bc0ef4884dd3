import t from 'tap'
import { readGraphDef } from '../../../src/embedded/graph/graph-def.js'
import { Graph } from '../../../src/embedded/graph/graph.js'
import { controlOps } from '../../../src/embedded/graph/control.js'
import { ops } from '../../../src/embedded/graph/ops/index.js'
import { Reader } from '../../../src/tensor/proto/wire.js'
import { attr, constNode, floats, graphBytes, type NodeSpec } from '../saved-model-writer.js'
import type { Session } from '../../../src/embedded/graph/kernel.js'
import type { Tensor } from '../../../src/tensor/tensor.js'

const float = { T: attr.dtype('DT_FLOAT') }
const nodes: NodeSpec[] = [
  { name: 'x', op: 'Placeholder', attrs: { dtype: attr.dtype('DT_FLOAT') } },
  constNode('w', floats([2, 1], 1, 1)), constNode('bias', floats([1], 1)),
  { name: 'product', op: 'MatMul', inputs: ['x', 'w'], attrs: float },
  { name: 'sum', op: 'BiasAdd', inputs: ['product', 'bias'], attrs: float },
  { name: 'relu', op: 'Relu', inputs: ['sum'], attrs: float },
  { name: 'elu', op: 'Elu', inputs: ['sum'], attrs: float }
]

// The expected values were recorded with TensorFlow 2.18.1, oneDNN on.
t.test('NaN through product, bias and Relu is 0, as in the fused kernel, and NaN where TensorFlow does not fuse', async t => {
  const session: Session = { folder: '/', resources: new Map() }
  const run = (...fetches: string[]): number[][] => {
    const graph = new Graph(readGraphDef(new Reader(graphBytes({ nodes }))), new Map([...ops, ...Object.entries(controlOps)]), session)
    return graph.compile(['x'], fetches, []).run([floats([2, 2], 1, NaN, 1, 2)], session).map(value => [...(value as Tensor).data as Float32Array])
  }
  t.strictSame(run('relu'), [[0, 4]])
  t.strictSame(run('elu'), [[NaN, 4]])
  t.strictSame(run('relu', 'sum'), [[NaN, 4], [NaN, 4]], 'the sum is wanted, so nothing is fused')
})
