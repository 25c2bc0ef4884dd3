// tensor/json/predict-body.ts: the scanner and the parser agree, on generated bodies, cut anywhere; the order of checks.
import t from 'tap'
import { OutriggerError } from '../../../src/errors.js'
import type { DType } from '../../../src/tensor/dtype.js'
import { bytesOf } from '../../../src/tensor/proto/tensor-proto.js'
import type { NumericData } from '../../../src/tensor/tensor.js'
import { ArrivingPredictBody, parsePredictBody, readPredictBody, scanPredictBody, type PredictBody } from '../../../src/tensor/json/predict-body.js'
import type { Inputs } from '../../../src/tensor/json/predict-request.js'
import { lookInPieces } from '../../helpers/arriving.js'
import { createRandom } from '../../helpers/random.js'

/** Seeded: what passes once passes always. */
const { fraction: random } = createRandom(2026)

const lookUp = (inputs: Record<string, DType>) => () => new Map(Object.entries(inputs).map(([name, dtype]) => [name, { dtype, shape: undefined }]))

const plain = (body: PredictBody): unknown => ({
  ...body,
  inputs: Object.entries(body.inputs).map(([name, { dtype, shape, data }]) => [name, dtype, shape, Buffer.from(bytesOf(data as NumericData)).toString('hex')]).sort()
})

/** What comes of it, or how it is refused. */
function outcome (read: () => PredictBody): unknown {
  try {
    return plain(read())
  } catch (error) {
    if (error instanceof OutriggerError) return { code: error.code, message: error.message }
    throw error
  }
}

/** What the parser says. */
const meaning = (body: Buffer, inputs: Record<string, DType>): unknown => outcome(() => parsePredictBody(body, lookUp(inputs)))

const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]
const dtypes: DType[] = ['DT_FLOAT', 'DT_DOUBLE', 'DT_INT32', 'DT_INT64', 'DT_UINT8', 'DT_INT16', 'DT_UINT32', 'DT_UINT64', 'DT_INT8', 'DT_UINT16']
const odd = ['-0', '-0.0', '0.0', '1e5', '1E-3', '1e+2', '01', '.5', '5.', '1e', 'NaN', 'Infinity', '-Infinity', 'null', 'true', '"1"', '{}', '[]', '1.', '-', '+1', '256', '-1', '65536', '4294967296',
  '2147483648', '9007199254740993', '9223372036854775807', '9223372036854775808', '18446744073709551615', '18446744073709551616', '-9223372036854775808', '123456789012345678901', '1e99', '1e100', '1e308', '1e309', '0.12345678901234567', '0.000000000000000000000001', '12345678901234.5678', '']

const literal = (dtype: DType, odds: number): string => {
  if (random() < odds) return pick(odd)
  if (dtype !== 'DT_FLOAT' && dtype !== 'DT_DOUBLE') return String(Math.floor(random() * 127))
  return pick([String(random()), String(Math.fround(random() * 1000)), (random() * 10).toFixed(3), String(Math.floor(random() * 1e6)), `-${random().toExponential(4)}`])
}

const blank = (): string => random() < 0.02 ? pick([' ', '\n', '\t', '\r\n  ']) : ''

/** `odds`: how often a literal or a list's size is an odd one. */
function list (dtype: DType, shape: readonly number[], odds = 0.002): string {
  if (shape.length === 0) return blank() + literal(dtype, odds) + blank()
  const size = random() < odds / 2 ? shape[0] + 1 : shape[0]
  return `${blank()}[${Array.from({ length: size }, () => list(dtype, shape.slice(1), odds)).join(',')}${blank()}]${blank()}`
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

/** What comes of a body that arrives in pieces that end at `cuts`. */
function arriving (body: Buffer, cuts: readonly number[], inputs: () => Inputs): unknown {
  const scan = new ArrivingPredictBody(body.length, inputs)
  lookInPieces(scan, body, cuts)
  return outcome(() => scan.read(body, inputs))
}

/** Bodies of some ten thousand bytes, which are scanned while they arrive. */
function large (dtype: DType): { body: Buffer, inputs: () => Inputs } {
  const names = pick([['x'], ['x'], ['a', 'b'], ['a', 'b', 'c']])
  const rows = 1 + Math.floor(random() * 20)
  const shape = pick([[rows * 60], [rows, 60], [rows, 3, 20], [rows, 60, 1]])
  const odds = pick([0, 0, 0, 0.0005])
  const values = (): string => pick(['', '', '', ' '.repeat(100), ' '.repeat(3000)]) + list(dtype, random() < 0.2 ? [2] : shape, odds)
  const signature = pick(['', '', '"signature_name":"s",', `${' '.repeat(4000)}"signature_name" : "" ,`, '"other":1,'])
  const tail = pick(['}', '}', ' } x', `${' '.repeat(3000)}}`, `${' '.repeat(3000)}]`, ',"z":1}', '', `}${' '.repeat(5000)}"`])
  const text = names.length > 1
    ? `{${signature}"inputs":{${names.map(name => `"${name}":${values()}`).join(pick([',', ', ', `,${' '.repeat(3000)}`]))}${pick(['', '', '', ',"c":1', ',"a":1'])}}${tail}`
    : `{${signature}"${pick(['instances', 'inputs'])}":${pick([values(), values(), `{"x":${values()}}`])}${tail}`
  const inputs = new Map(names.map(name => [name, { dtype, shape: undefined }]))
  return { body: Buffer.from(text), inputs: () => inputs }
}

t.test('cut anywhere while it arrives', async t => {
  let scanned = 0
  const wrong: unknown[] = []
  for (let i = 0; i < 600; i++) {
    const { body, inputs } = large(pick(dtypes))
    const whole = outcome(() => readPredictBody(body, inputs))
    if (scanPredictBody(body, inputs) !== undefined) scanned++
    for (let turn = 0; turn < 4; turn++) {
      const cuts = Array.from({ length: turn === 0 ? 0 : 1 + Math.floor(random() * 12) }, () => Math.floor(random() * body.length)).sort((a, b) => a - b)
      if (JSON.stringify(arriving(body, cuts, inputs)) !== JSON.stringify(whole)) wrong.push({ text: body.toString().slice(0, 300), cuts })
    }
  }
  t.same(wrong.slice(0, 3), [])
  t.ok(scanned > 60, `the scanner took ${scanned}`)
})

t.test('cut at every byte while it arrives', async t => {
  const values = (): string => list('DT_FLOAT', [3, 10, 8], 0)
  const inputs = new Map(['a', 'b'].map(name => [name, { dtype: 'DT_FLOAT' as const, shape: undefined }]))
  const body = Buffer.from(`{"inputs": {"a": ${values()}, "b":${values()} } }`)
  const whole = JSON.stringify(outcome(() => readPredictBody(body, () => inputs)))
  const wrong = Array.from(body, (_, cut) => cut).filter(cut => JSON.stringify(arriving(body, [cut], () => inputs)) !== whole)
  t.same(wrong, [])
})

t.test('a signature whose inputs change while the body arrives', async t => {
  const body = Buffer.from(`{"instances":[${'1,'.repeat(5000)}2]}`)
  const scan = new ArrivingPredictBody(body.length, lookUp({ x: 'DT_FLOAT' }))
  t.ok(scan.look(body.subarray(0, 8000), false))
  scan.look(body, true)
  t.equal(scan.read(body, lookUp({ x: 'DT_INT32' })).inputs['x']?.dtype, 'DT_INT32')
  t.throws(() => scan.read(body, () => { throw new OutriggerError('MODEL_NOT_FOUND', 'it is gone') }), { code: 'MODEL_NOT_FOUND' })
  const missing = new ArrivingPredictBody(body.length, () => { throw new OutriggerError('MODEL_NOT_READY', 'not yet') })
  t.notOk(missing.look(body.subarray(0, 8000), false))
  t.equal(missing.read(body, lookUp({ x: 'DT_INT32' })).inputs['x']?.dtype, 'DT_INT32')
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
