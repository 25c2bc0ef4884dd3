// The proof before use: graphs that look across rows are found out, graphs that do not are let through, and what cannot be proven is off.
import t from 'tap'
import { OutriggerError } from '../../src/errors.js'
import { batchingFault, proveBatching } from '../../src/inference/batch-proof.js'
import { elementCount, type Signature, type Tensor, type Tensors } from '../../src/tensor/tensor.js'
import { addOne, floats, rows, signatureOf } from './batch-kit.js'

/** Joins the requests as the batch would. */
function stack (requests: readonly Tensors[]): Tensors {
  return Object.fromEntries(Object.keys(requests[0]!).map(name => {
    const parts = requests.map(one => one[name]!)
    const first = parts[0]!
    const data = first.dtype === 'DT_STRING' ? parts.flatMap(({ data }) => data as Uint8Array[]) : Float32Array.from(parts.flatMap(({ data }) => [...data as Float32Array]))
    return [name, { dtype: first.dtype, shape: [parts.reduce((sum, { shape }) => sum + shape[0]!, 0), ...first.shape.slice(1)], data }]
  }))
}

type Model = (inputs: Tensors) => Tensors

const prove = async (model: Model, signature: Signature = signatureOf(), recorded: readonly Tensors[] = []): ReturnType<typeof proveBatching> =>
  await proveBatching(signature, { ask: async inputs => model(inputs), askTogether: async requests => model(stack(requests)), recorded, maxRequestBytes: 65536 })

const wide = signatureOf({ x: [-1, 4] }, { y: [-1, 4] })
/** A model over rows of numbers. */
const overRows = (work: (matrix: number[][]) => number[][]): Model => ({ x }) => {
  const { shape, data } = x!
  const width = elementCount(shape.slice(1))
  const matrix = Array.from({ length: shape[0]! }, (_, i) => [...(data as Float32Array).slice(i * width, (i + 1) * width)])
  const answer = work(matrix)
  return { y: floats([answer.length, ...answer[0] === undefined ? [] : [answer[0].length]], ...answer.flat()) }
}
const columns = (matrix: number[][], of: (column: number[]) => number[]): number[][] => {
  const done = matrix[0]!.map((_, j) => of(matrix.map(row => row[j]!)))
  return matrix.map((_, i) => done.map(column => column[i]!))
}
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

t.test('rows that do not see each other', async t => {
  const models: Record<string, Model> = {
    affine: overRows(matrix => matrix.map(row => row.map(value => 2 * value + 1))),
    softmax: overRows(matrix => matrix.map(row => { const e = row.map(value => Math.exp(value - Math.max(...row))); return e.map(value => value / sum(e)) })),
    'rounding that depends on the number of rows': overRows(matrix => matrix.map(row => row.map(value => value * (1 + matrix.length * 1e-7)))),
    'argmax within the row': overRows(matrix => matrix.map(row => row.map((_, j) => j === row.indexOf(Math.max(...row)) ? 1 : 0)))
  }
  for (const [name, model] of Object.entries(models)) t.match(await prove(model, wide), { on: true, cause: 'proven' }, name)
  t.match(await prove(addOne), { on: true })
})

t.test('graphs that look across rows', async t => {
  const mixing: Record<string, Model> = {
    'batch norm in training mode': overRows(matrix => columns(matrix, column => {
      const mean = sum(column) / column.length
      const deviation = Math.sqrt(sum(column.map(value => (value - mean) ** 2)) / column.length + 1e-3)
      return column.map(value => (value - mean) / deviation)
    })),
    'mean over axis 0 subtracted': overRows(matrix => columns(matrix, column => column.map(value => value - sum(column) / column.length))),
    'maximum over axis 0': overRows(matrix => columns(matrix, column => column.map(() => Math.max(...column)))),
    'share of the largest': overRows(matrix => { const largest = Math.max(...matrix.flat().map(Math.abs)); return matrix.map(row => row.map(value => value / largest)) }),
    'sorted rising': overRows(matrix => columns(matrix, column => [...column].sort((a, b) => a - b))),
    'sorted falling': overRows(matrix => columns(matrix, column => [...column].sort((a, b) => b - a))),
    'rows sorted by their first value': overRows(matrix => [...matrix].sort((a, b) => a[0]! - b[0]!)),
    cumsum: overRows(matrix => columns(matrix, column => { let total = 0; return column.map(value => total += value) })),
    'cumsum from the end': overRows(matrix => columns(matrix, column => { let total = 0; return [...column].reverse().map(value => total += value).reverse() })),
    'argmax over the batch': overRows(matrix => columns(matrix, column => column.map((_, i) => i === column.indexOf(Math.max(...column)) ? 1 : 0))),
    'divided by the number of rows': overRows(matrix => matrix.map(row => row.map(value => value / matrix.length))),
    'reversed': overRows(matrix => [...matrix].reverse()),
    'the first row for all': overRows(matrix => matrix.map(() => matrix[0]!)),
    'the last row added': overRows(matrix => matrix.map(row => row.map((value, j) => value + matrix.at(-1)![j]!))),
    'a little of the neighbours': overRows(matrix => matrix.map((row, i) => row.map((value, j) => value + 0.001 * (matrix[i + 1]?.[j] ?? 0)))),
    'softmax over everything': overRows(matrix => { const total = sum(matrix.flat().map(value => Math.exp(value / 100))); return matrix.map(row => row.map(value => Math.exp(value / 100) / total)) }),
    'something else once a row is negative': overRows(matrix => { const any = matrix.flat().some(value => value < -1); return matrix.map(row => row.map(value => any ? value + 1 : value)) }),
    'chance': overRows(matrix => matrix.map(row => row.map(value => value + Math.random())))
  }
  for (const [name, model] of Object.entries(mixing)) t.match(await prove(model, wide), { on: false, cause: 'mixes', why: /y/ }, name)
})

t.test('answers without one row per row', async t => {
  const of: Record<string, Model> = {
    'a reduction': overRows(matrix => [columns(matrix, column => column)[0]!]),
    'one row more': overRows(matrix => [...matrix, matrix[0]!]),
    'argmax over axis 0, as long as a row': overRows(matrix => matrix[0]!.map((_, j) => [matrix.map(row => row[j]!).indexOf(Math.max(...matrix.map(row => row[j]!)))])),
    'unique rows': overRows(matrix => matrix.length > 1 ? matrix.slice(1) : matrix)
  }
  for (const [name, model] of Object.entries(of)) t.match(await prove(model, wide), { on: false, cause: /rows|mixes/ }, name)
})

t.test('what the shapes say', async t => {
  const fault = (inputs: Record<string, readonly number[] | undefined>, outputs: Record<string, readonly number[] | undefined> = { y: [-1] }) => batchingFault(signatureOf(inputs, outputs), 65536)
  t.match(fault({ x: undefined }), { cause: 'shape', why: 'input x has an unknown rank' })
  t.match(fault({ x: [-1], k: [] }), { cause: 'shape', why: 'input k is a scalar' })
  t.match(fault({ x: [1, 3] }), { cause: 'shape', why: 'the first size of input x is always 1' })
  t.match(fault({ x: [-1] }, { y: [-1], loss: [] }), { cause: 'shape', why: 'output loss is a scalar' })
  t.match(fault({}), { cause: 'shape', why: 'it has no inputs' })
  t.match(fault({ x: [-1, 224, 224, 3] }), { cause: 'size' })
  t.equal(fault({ x: [-1, -1] }), undefined)
})

t.test('a proof needs rows that the model takes, and that tell something', async t => {
  const refuses: Model = () => { throw new OutriggerError('MODEL_INVALID_ARGUMENT', 'Could not parse example input') }
  t.match(await prove(refuses), { on: false, cause: 'unproven', why: /refuses generated rows; examples/ })
  const flat: Model = ({ x }) => ({ y: { ...x!, data: new Float32Array(x!.data.length) } })
  t.match(await prove(flat), { on: false, cause: 'unproven', why: /same answer/ })
  const onlyExamples = (model: Model): Model => inputs => {
    if ((inputs['x']!.data as Float32Array).some(value => value < 1000)) throw new OutriggerError('MODEL_INVALID_ARGUMENT', 'no')
    return model(inputs)
  }
  t.match(await prove(onlyExamples(addOne)), { cause: 'unproven' })
  t.match(await prove(onlyExamples(addOne), signatureOf(), [rows(1000), rows(2000)]), { on: true }, 'examples prove it')
  t.match(await prove(onlyExamples(addOne), signatureOf(), [rows(1000), rows(1000)]), { cause: 'unproven' }, 'not the same one twice')
  const cumulative: Model = overRows(matrix => { let total = 0; return matrix.map(row => row.map(value => total += value)) })
  t.match(await prove(onlyExamples(({ x }) => { const { y } = cumulative({ x: { ...x!, shape: [...x!.shape, 1] } }); return { y: { ...y!, shape: x!.shape } } }), signatureOf(), [rows(1000), rows(2000)]), { cause: 'mixes' }, 'and show it')
})

t.test('open inner sizes: a small one first, then a larger one', async t => {
  const open = signatureOf({ x: [-1, -1, -1] }, { y: [-1] })
  const atLeast = (size: number): Model => ({ x }) => {
    if (x!.shape[1]! < size) throw new OutriggerError('MODEL_INVALID_ARGUMENT', 'too small')
    const width = elementCount(x!.shape.slice(1))
    return { y: floats([x!.shape[0]!], ...Array.from({ length: x!.shape[0]! }, (_, i) => sum([...(x!.data as Float32Array).slice(i * width, (i + 1) * width)]))) }
  }
  t.match(await prove(atLeast(1), open), { on: true })
  t.match(await prove(atLeast(20), open), { on: true })
  t.match(await prove(atLeast(100), open), { cause: 'unproven' })
})

t.test('texts', async t => {
  const signature: Signature = { ...signatureOf(), inputs: new Map([['x', { dtype: 'DT_STRING', shape: [-1] }]]) }
  const lengths = (of: (all: readonly Uint8Array[], one: Uint8Array) => number): Model => ({ x }) => ({ y: floats(x!.shape, ...(x!.data as Uint8Array[]).map(one => of(x!.data as Uint8Array[], one))) })
  t.match(await prove(lengths((_all, one) => one.length), signature), { on: true })
  t.match(await prove(lengths((all, one) => one.length / Math.max(...all.map(({ length }) => length))), signature), { cause: 'mixes' }, 'padded to the longest')
})

t.test('a model server that does not answer proves nothing either way', async t => {
  await t.rejects(prove(() => { throw new OutriggerError('MODEL_SERVER_UNREACHABLE', 'gone') }), { code: 'MODEL_SERVER_UNREACHABLE' })
  const together = proveBatching(signatureOf(), { ask: async inputs => addOne(inputs), askTogether: async () => { throw new OutriggerError('MODEL_INVALID_ARGUMENT', 'one row only') }, recorded: [], maxRequestBytes: 65536 })
  t.match(await together, { on: false, cause: 'mixes', why: /one row only/ })
})

t.test('every dtype with values gets rows', async t => {
  for (const dtype of ['DT_DOUBLE', 'DT_INT32', 'DT_UINT8', 'DT_INT64', 'DT_BOOL', 'DT_HALF', 'DT_BFLOAT16', 'DT_COMPLEX64', 'DT_UINT64'] as const) {
    const signature: Signature = { ...signatureOf(), inputs: new Map([['x', { dtype, shape: [-1, 2] }]]) }
    const seen: Tensor[] = []
    await proveBatching(signature, { ask: async ({ x }) => { seen.push(x!); return { y: floats([1], 1) } }, askTogether: async requests => ({ y: floats([requests.length], ...new Float32Array(requests.length).fill(1)) }), recorded: [], maxRequestBytes: 65536 })
    t.ok(new Set(seen.map(({ data }) => String(data))).size > 1, dtype)
  }
  const resource: Signature = { ...signatureOf(), inputs: new Map([['x', { dtype: 'DT_RESOURCE', shape: [-1] }]]) }
  t.match(await prove(addOne, resource), { cause: 'unproven' })
})
