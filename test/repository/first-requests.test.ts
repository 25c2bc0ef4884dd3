import t from 'tap'
import { Registry, type VersionEntry } from '../../src/inference/registry.js'
import { firstRequests, generatedRow } from '../../src/repository/first-requests.js'
import { predictModelOf } from '../../src/repository/predict-model.js'
import { readPredictRequest, writePredictResponse } from '../../src/tensor/proto/predict.js'
import type { Signature, TensorInfo } from '../../src/tensor/tensor.js'
import { fakeEngine } from '../helpers/fake-engine.js'
import { versionEntry } from '../helpers/still-engine.js'

const signature = (inputs: Record<string, TensorInfo>): Signature => ({ name: 'serving_default', methodName: '', inputs: new Map(Object.entries(inputs)), outputs: new Map() })
const options = { timeoutMs: 30_000, predictModel: predictModelOf(new Registry()) }

/** A version whose calls take `times` of a clock, one after the other. */
function version (times: number[], more: Partial<VersionEntry> = {}) {
  let clock = 0
  const asked: unknown[] = []
  const engine = fakeEngine({
    call: async (_path, bytes) => {
      const { model, inputs } = readPredictRequest(bytes)
      asked.push([...inputs.x!.data as Float32Array])
      const time = times.shift()
      if (time === undefined) throw new Error('one too many')
      clock += time
      return writePredictResponse({ model, outputs: inputs })
    }
  })
  const entry = versionEntry(engine, 'm', 1n, { folder: '/nowhere', state: 'loading', signatures: new Map([['serving_default', signature({ x: { dtype: 'DT_FLOAT', shape: [-1] } })]]), ...more })
  return { entry, asked, run: async () => await firstRequests(entry, options, () => clock) }
}

t.test('a generated row: the first time, and the median of three more', async t => {
  const one = version([100, 9, 5, 7])
  t.same(await one.run(), { by: 'generated', firstMs: 100, warmMs: 7 })
  t.same(one.asked, [[0], [0], [0], [0]])
})

t.test('examples go before, each once, the first again', async t => {
  const folder = t.testdir({ examples: { 'a.json': '{"request": {"x": [1]}}', 'b.json': '{"request": {"x": [2]}}' } })
  const one = version([50, 40, 3, 2, 1], { folder })
  t.same(await one.run(), { by: 'example', firstMs: 50, warmMs: 2 })
  t.same(one.asked, [[1], [2], [1], [1], [1]])
})

t.test('what takes long holds up for a while only', async t => {
  t.same(await version([4000, 2000]).run(), { by: 'generated', firstMs: 4000, warmMs: 2000 })
  t.same(await version([6000]).run(), { by: 'generated', firstMs: 6000, warmMs: undefined })
})

t.test('nothing is asked that may not be asked twice, and a failure is nothing', async t => {
  const counter = version([1], { mayResend: () => false })
  t.equal(await counter.run(), undefined)
  t.same(counter.asked, [])
  t.equal(await version([]).run(), undefined)
  t.same(await version([5]).run(), { by: 'generated', firstMs: 5, warmMs: undefined }, 'fails later')
  t.equal(await version([1], { signatures: new Map() }).run(), undefined)
  t.equal(await version([1], { folder: t.testdir({ examples: { 'a.json': '{' } }) }).run(), undefined)
})

t.test('generated rows', async t => {
  t.match(generatedRow(signature({ a: { dtype: 'DT_STRING', shape: [-1, 2] }, b: { dtype: 'DT_INT64', shape: [] } })), { a: { shape: [1, 2], data: [new Uint8Array(0), new Uint8Array(0)] }, b: { shape: [], data: new BigInt64Array(1) } })
  for (const info of [{ dtype: 'DT_FLOAT', shape: undefined }, { dtype: 'DT_RESOURCE', shape: [] }, { dtype: 'DT_FLOAT', shape: [1e5, 1e5] }] as const) t.equal(generatedRow(signature({ a: info })), undefined)
})
