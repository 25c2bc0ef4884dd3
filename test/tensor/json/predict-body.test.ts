// tensor/json/predict-body.ts: the scanner and the parser agree, on generated bodies, cut anywhere; the order of checks.
import t from 'tap'
import { OutriggerError } from '../../../src/errors.js'
import type { DType } from '../../../src/tensor/dtype.js'
import { bytesOf } from '../../../src/tensor/proto/tensor-proto.js'
import type { NumericData } from '../../../src/tensor/tensor.js'
import { parsePredictBody, readPredictBody, scanPredictBody, type PredictBody } from '../../../src/tensor/json/predict-body.js'
import { createRandom } from '../../helpers/random.js'

/** Seeded: what passes once passes always. */
const { fraction: random } = createRandom(2026)

const lookUp = (inputs: Record<string, DType>) => () => new Map(Object.entries(inputs).map(([name, dtype]) => [name, { dtype, shape: undefined }]))

const plain = (body: PredictBody): unknown => ({
  ...body,
  inputs: Object.entries(body.inputs).map(([name, { dtype, shape, data }]) => [name, dtype, shape, Buffer.from(bytesOf(data as NumericData)).toString('hex')]).sort()
})

/** What the parser says, or undefined where it refuses. */
function meaning (body: Buffer, inputs: Record<string, DType>): unknown {
  try {
    return plain(parsePredictBody(body, lookUp(inputs)))
  } catch (error) {
    if (error instanceof OutriggerError) return undefined
    throw error
  }
}

const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]
const dtypes: DType[] = ['DT_FLOAT', 'DT_DOUBLE', 'DT_INT32', 'DT_INT64', 'DT_UINT8', 'DT_INT16', 'DT_UINT32', 'DT_UINT64', 'DT_INT8', 'DT_UINT16']
const odd = ['-0', '-0.0', '0.0', '1e5', '1E-3', '1e+2', '01', '.5', '5.', '1e', 'NaN', 'Infinity', '-Infinity', 'null', 'true', '"1"', '{}', '[]', '1.', '-', '+1', '256', '-1', '65536', '4294967296',
  '2147483648', '9007199254740993', '9223372036854775807', '9223372036854775808', '18446744073709551615', '18446744073709551616', '-9223372036854775808', '123456789012345678901', '1e99', '1e100', '1e308', '1e309', '0.12345678901234567', '0.000000000000000000000001', '12345678901234.5678', '']

const literal = (dtype: DType): string => {
  if (random() < 0.002) return pick(odd)
  if (dtype !== 'DT_FLOAT' && dtype !== 'DT_DOUBLE') return String(Math.floor(random() * 127))
  return pick([String(random()), String(Math.fround(random() * 1000)), (random() * 10).toFixed(3), String(Math.floor(random() * 1e6)), `-${random().toExponential(4)}`])
}

const blank = (): string => random() < 0.02 ? pick([' ', '\n', '\t', '\r\n  ']) : ''

function list (dtype: DType, shape: readonly number[]): string {
  if (shape.length === 0) return blank() + literal(dtype) + blank()
  const size = random() < 0.001 ? shape[0] + 1 : shape[0]
  return `${blank()}[${Array.from({ length: size }, () => list(dtype, shape.slice(1))).join(',')}${blank()}]${blank()}`
}

t.test('generated bodies', async t => {
  let scanned = 0
  const wrong: string[] = []
  for (let i = 0; i < 1500; i++) {
    const dtype = pick(dtypes)
    const shape = Array.from({ length: 1 + Math.floor(random() * 4) }, () => 1 + Math.floor(random() * 6))
    const values = list(dtype, shape)
    const names = pick([['x'], ['x'], ['a', 'b']])
    const inputs = Object.fromEntries(names.map(name => [name, dtype]))
    const signature = pick(['', '', '"signature_name":"s",', '"signature_name" : "" ,', '"signature_name":"\\u0073",', '"other":1,'])
    const tail = pick(['}', '}', ' } x', ',"z":1}', ''])
    const text = names.length > 1
      ? `{${signature}"inputs":{"a":${values},"b":${list(dtype, shape)}${pick(['', '', ',"c":1', ',"a":1'])}}${tail}`
      : `${pick(['', '', ' ', '\ufeff'])}{${signature}"${pick(['instances', 'inputs'])}":${pick([values, values, `{"x":${values}}`])}${tail}`
    const body = Buffer.from(text)
    const fast = scanPredictBody(body, lookUp(inputs))
    if (fast === undefined) continue
    scanned++
    if (JSON.stringify(plain(fast)) !== JSON.stringify(meaning(body, inputs))) wrong.push(text.slice(0, 300))
  }
  t.same(wrong, [])
  t.ok(scanned > 300, `the scanner took ${scanned}`)
})

t.test('every odd literal in every dtype', async t => {
  for (const dtype of dtypes) {
    for (const text of odd) {
      const body = Buffer.from(`{"instances":[1,${text}]}`)
      const fast = scanPredictBody(body, lookUp({ x: dtype }))
      if (fast !== undefined) t.same(plain(fast), meaning(body, { x: dtype }), `${dtype} ${text}`)
    }
  }
  t.ok(scanPredictBody(Buffer.from('{"instances":[1,1e5]}'), lookUp({ x: 'DT_FLOAT' })))
})

t.test('cut at every byte', async t => {
  const whole = Buffer.from('{"signature_name":"s", "inputs": [[1.5, -2e3],\n[9007199254740993 , 0.25]] }')
  t.ok(scanPredictBody(whole, lookUp({ x: 'DT_DOUBLE' })))
  for (let cut = 0; cut < whole.length; cut++) t.equal(scanPredictBody(whole.subarray(0, cut), lookUp({ x: 'DT_DOUBLE' })), undefined)
})

t.test('a million numbers', async t => {
  const numbers = Array.from({ length: 1_000_000 }, (_, i) => (i * 7919 % 1000003) / 1000)
  const body = Buffer.from(JSON.stringify({ instances: numbers }))
  const fast = scanPredictBody(body, lookUp({ x: 'DT_FLOAT' }))
  t.same(fast?.inputs['x'].shape, [1_000_000])
  t.ok((fast!.inputs['x'].data as Float32Array).every((value, i) => value === Math.fround(numbers[i])))
  t.ok(JSON.stringify(plain(fast!)) === JSON.stringify(meaning(body, { x: 'DT_FLOAT' })))
})

t.test('checks keep their order on small and on large bodies', async t => {
  const missing = () => { throw new OutriggerError('MODEL_NOT_FOUND', 'no model') }
  for (const padding of ['', ' '.repeat(10_000)]) {
    t.throws(() => readPredictBody(Buffer.from(`${padding}{"instances":[1,}`), missing), { code: 'REQUEST_NOT_JSON' })
    t.throws(() => readPredictBody(Buffer.from(`${padding}{"signature_name":1}`), missing), { code: 'REQUEST_INVALID' })
    t.throws(() => readPredictBody(Buffer.from(`${padding}{"instances":[]}`), missing), { code: 'MODEL_NOT_FOUND' })
    t.throws(() => readPredictBody(Buffer.from(`${padding}{"instances":[1]}`), missing), { code: 'MODEL_NOT_FOUND' })
    t.same(readPredictBody(Buffer.from(`${padding}{"instances":[1]}`), lookUp({ x: 'DT_FLOAT' })).inputs['x'].shape, [1])
  }
})
