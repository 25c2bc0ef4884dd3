// Time of numbers as text, both ways: bodies into typed arrays, tensors into answers. One row per kind of value; the best of several turns.
// node bench/micro/tensor-text.mjs [--against DIST]
import { parseArgs } from 'node:util'

const here = new URL('../../dist', import.meta.url).pathname
const { values: { against } } = parseArgs({ options: { against: { type: 'string' } } })

async function load (dist) {
  const [{ readPredictBody, parsePredictBody }, { printPredictions }, { encodeOutputs }, { decodeInputs }, { parseJson }] = await Promise.all(['json/predict-body', 'json/predict-response', 'evaluate/encode', 'evaluate/decode', 'evaluate/json'].map(file => import(`${dist}/tensor/${file}.js`)))
  const { decodeBody } = await import(`${dist}/handlers/plain-bodies.js`)
  return { readPredictBody, parsePredictBody, printPredictions, encodeOutputs, decodeInputs, parseJson, decodeBody }
}

const sides = [['now', await load(here)], ...(against === undefined ? [] : [['before', await load(against)]])]

/** xorshift: the same values in every run. */
let state = 42
const random = () => { state ^= state << 13; state ^= state >>> 17; state ^= state << 5; return (state >>> 0) / 2 ** 32 }

const count = 60_000
const shape = [20, 3000]
const tensors = {
  'float32, 6 digits': { dtype: 'DT_FLOAT', shape, data: Float32Array.from({ length: count }, () => Math.round(random() * 1e6) / 1e6) },
  'float32, softmax': { dtype: 'DT_FLOAT', shape, data: Float32Array.from({ length: count }, () => random() * 10 ** -Math.floor(random() * 7)) },
  float64: { dtype: 'DT_DOUBLE', shape, data: Float64Array.from({ length: count }, () => random() * random()) },
  int32: { dtype: 'DT_INT32', shape, data: Int32Array.from({ length: count }, () => random() * 1e6) },
  uint8: { dtype: 'DT_UINT8', shape, data: Uint8Array.from({ length: count }, () => random() * 256) },
  int64: { dtype: 'DT_INT64', shape, data: BigInt64Array.from({ length: count }, () => BigInt(Math.floor(random() * 2 ** 53))) }
}

/** Milliseconds of CPU that this process has used: what others do on the machine counts less. */
function cpu () {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function best (work, turns = 7) {
  let least = Infinity
  for (let i = 0; i < turns; i++) {
    const start = cpu()
    work()
    least = Math.min(least, cpu() - start)
  }
  return least
}

const row = (what, cells) => console.log(what.padEnd(34), cells.map(cell => cell.padStart(12)).join(''))
row('', sides.map(([name]) => name))
for (const [kind, tensor] of Object.entries(tensors)) {
  row(`print /v1 ${kind}, ns`, sides.map(([, { printPredictions }]) => (best(() => printPredictions({ y: tensor }, 'row')) / count * 1e6).toFixed(1)))
  row(`print evaluate ${kind}, ns`, sides.map(([, { encodeOutputs }]) => (best(() => encodeOutputs({ y: tensor }, { plain: false })) / count * 1e6).toFixed(1)))
}
for (const [kind, { dtype, data }] of Object.entries(tensors)) {
  const rows = Array.from({ length: shape[0] }, (_, i) => `[${Array.from(data.subarray(i * shape[1], (i + 1) * shape[1]), value => dtype === 'DT_FLOAT' ? String(Number(value.toPrecision(7))) : String(value)).join(', ')}]`)
  const body = Buffer.from(`{"instances": [${rows.join(', ')}]}`)
  const own = Buffer.from(`{"x": [${rows.join(', ')}]}`)
  const infos = new Map([['x', { dtype, shape: [-1, shape[1]] }]])
  const perMB = ms => (ms / body.length * 1e6).toFixed(2)
  row(`parse /v1 ${kind}, ms/MB`, sides.map(([, { readPredictBody }]) => perMB(best(() => readPredictBody(body, () => infos)))))
  const turns = []
  for (const [, { decodeBody }] of sides) {
    let least = Infinity
    for (let i = 0; i < 5; i++) {
      const start = cpu()
      await decodeBody({ mediaType: 'application/json', body: own }, { name: '', inputs: infos, outputs: new Map() })
      least = Math.min(least, cpu() - start)
    }
    turns.push(perMB(least))
  }
  row(`parse evaluate ${kind}, ms/MB`, turns)
}
const tiny = Buffer.from('{"instances": [1.0, 2.0, 5.0]}')
const named = Buffer.from('{"instances": [{"age": 27, "fare": 7.25}, {"age": 38, "fare": 71.2833}]}')
const one = new Map([['x', { dtype: 'DT_FLOAT', shape: [-1] }]])
const two = new Map([['age', { dtype: 'DT_FLOAT', shape: [-1] }], ['fare', { dtype: 'DT_FLOAT', shape: [-1] }]])
const small = { y: { dtype: 'DT_FLOAT', shape: [3], data: Float32Array.of(2.5, 3, 4.5) } }
const times = 20_000
const repeat = work => () => { for (let i = 0; i < times; i++) work() }
const micros = work => (best(repeat(work)) / times * 1000).toFixed(2)
row('parse /v1 tiny list, µs', sides.map(([, { readPredictBody }]) => micros(() => readPredictBody(tiny, () => one))))
row('parse /v1 tiny rows of names, µs', sides.map(([, { readPredictBody }]) => micros(() => readPredictBody(named, () => two))))
row('parse /v1 tiny, tolerant, µs', sides.map(([, { parsePredictBody }]) => micros(() => parsePredictBody(tiny, () => one))))
row('print /v1 tiny, µs', sides.map(([, { printPredictions }]) => micros(() => Buffer.from(printPredictions(small, 'row')))))
row('print evaluate tiny, µs', sides.map(([, { encodeOutputs }]) => micros(() => encodeOutputs(small, { plain: false }))))
