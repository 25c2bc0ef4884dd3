import t from 'tap'
import { signatureFaults } from '../../src/repository/compatible.js'
import type { DType } from '../../src/tensor/dtype.js'
import type { Signature } from '../../src/tensor/tensor.js'

type Tensors = Record<string, [DType, number[] | undefined]>
const tensors = (given: Tensors) => new Map(Object.entries(given).map(([name, [dtype, shape]]) => [name, { dtype, shape }]))
const signature = (inputs: Tensors, outputs: Tensors, name = 'serving_default'): [string, Signature] => [name, { name, methodName: '', inputs: tensors(inputs), outputs: tensors(outputs) }]
const live = new Map([signature({ x: ['DT_FLOAT', [-1, 4]] }, { y: ['DT_FLOAT', [-1]] }), signature({ z: ['DT_STRING', []] }, {}, 'other')])

t.test('what callers would not notice', t => {
  t.same(signatureFaults(live, live), [])
  t.same(signatureFaults(live, new Map([signature({ x: ['DT_FLOAT', undefined] }, { y: ['DT_FLOAT', [3]], more: ['DT_STRING', []] })])), [], 'an unknown shape, a new output, other sizes, another signature missing')
  t.end()
})

t.test('what they would', t => {
  const faults = (...signatures: [string, Signature][]) => signatureFaults(live, new Map(signatures))
  t.same(faults(), ['signature serving_default: it is missing'])
  t.same(faults(signature({ a: ['DT_FLOAT', [-1, 4]] }, {})), ['signature serving_default: input x is missing', 'signature serving_default: input a is new', 'signature serving_default: output y is missing'])
  t.same(faults(signature({ x: ['DT_DOUBLE', [-1, 4]] }, { y: ['DT_FLOAT', [-1, 1]] })), ['signature serving_default: input x is DT_DOUBLE, not DT_FLOAT', 'signature serving_default: output y has the shape [?, 1], not [?]'])
  t.same(faults(signature({ x: ['DT_FLOAT', [-1, 4]] }, { y: ['DT_FLOAT', [-1]] }), signature({ z: ['DT_FLOAT', []] }, {}, 'other')), ['signature other: input z is DT_FLOAT, not DT_STRING'])
  t.end()
})
