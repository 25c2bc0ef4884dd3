// tensor/evaluate/scan.ts: whatever it takes means the same as by the long way, also what is then refused.
import t from 'tap'
import { decodeInputs, decodeJson } from '../../../src/tensor/evaluate/decode.js'
import { parseJson } from '../../../src/tensor/evaluate/json.js'
import { ArrivingInputs, scanInputs } from '../../../src/tensor/evaluate/scan.js'
import type { DType } from '../../../src/tensor/dtype.js'
import type { Signature } from '../../../src/tensor/tensor.js'
import { lookInPieces } from '../../helpers/arriving.js'
import { createRandom } from '../../helpers/random.js'

const { fraction: random } = createRandom(2026)
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!

const signatureOf = (inputs: Record<string, [DType, number[] | undefined]>): Signature =>
  ({ name: 's', methodName: '', inputs: new Map(Object.entries(inputs).map(([name, [dtype, shape]]) => [name, { dtype, shape }])), outputs: new Map() })

/** What came of it, in a form that tells -0 from 0. */
function outcome (work: () => ReturnType<typeof decodeJson>): unknown {
  try {
    const { tensors, plain } = work()
    return [plain, Object.entries(tensors).sort(([a], [b]) => a < b ? -1 : 1).map(([name, { dtype, shape, data }]) => [name, dtype, shape, Array.from(data as ArrayLike<unknown>, value => Object.is(value, -0) ? '-0' : String(value))])]
  } catch (error) {
    const { code, message, errors } = error as { code: string, message: string, errors: unknown }
    return [code, message, errors]
  }
}

const numbers = ['0', '1', '-1', '7.25', '-0', '-0.0', '1e3', '127', '128', '255', '256', '1.0', '3.5e38', '1e39', '1e400', '9007199254740993', '9223372036854775807', '9223372036854775808', '0.10000000149011612', 'true', 'null', '"1"', '"NaN"', '{}', '01', '']
const dtypes: DType[] = ['DT_FLOAT', 'DT_DOUBLE', 'DT_INT8', 'DT_UINT8', 'DT_INT32', 'DT_INT64', 'DT_UINT64', 'DT_BOOL', 'DT_HALF', 'DT_STRING']

function value (sizes: readonly number[], odd: number): string {
  if (sizes.length === 0) return random() < odd ? pick(numbers) : String(Math.floor(random() * 100))
  return `[${Array.from({ length: sizes[0]! + (random() < 0.01 ? 1 : 0) }, () => value(sizes.slice(1), odd)).join(pick([',', ', ']))}]`
}

t.test('both ways agree', async t => {
  let scanned = 0
  const wrong: unknown[] = []
  for (let i = 0; i < 6000; i++) {
    const names = pick([['x'], ['x', 'y'], ['x', '__proto__']])
    const rows = 1 + Math.floor(random() * 3)
    const signature = signatureOf(Object.fromEntries(names.map(name => [name, [pick(dtypes), pick([[-1], [-1, 2], [-1, 1], [1, 2], [2], [], undefined])]])))
    const sizes = pick([[rows], [rows, 2], [rows, 1], [], [2], [1]])
    const members = [...names, ...(random() < 0.05 ? ['x'] : []), ...(random() < 0.05 ? ['z'] : [])].map(name => `${JSON.stringify(name)}: ${value(random() < 0.9 ? sizes : [2], pick([0, 0, 0.2]))}`)
    const text = `${pick(['', '', ' ', '\ufeff'])}{${members.join(', ')}}${pick(['', '', '\n', ' x', '}'])}`
    const body = Buffer.from(text)
    if (scanInputs(body, signature) !== undefined) scanned++
    const [short, long] = [outcome(() => decodeJson(body, signature)), outcome(() => decodeInputs(parseJson(body), signature))]
    if (JSON.stringify(short) !== JSON.stringify(long)) wrong.push({ text, short, long })
  }
  t.same(wrong.slice(0, 3), [])
  t.ok(scanned > 600, `the short way took ${scanned}`)
})

t.test('cut anywhere while it arrives', async t => {
  let scanned = 0
  const wrong: unknown[] = []
  for (let i = 0; i < 600; i++) {
    const names = pick([['x'], ['x', 'y'], ['y', 'x', '__proto__']])
    const rows = 1 + Math.floor(random() * 900)
    const signature = signatureOf(Object.fromEntries(names.map(name => [name, [pick(dtypes), pick([[-1], [-1, 2], undefined])]])))
    const odd = pick([0, 0, 0, 0.001])
    const members = names.map(name => `${JSON.stringify(name)}:${' '.repeat(pick([0, 0, 3000]))}${value(pick([[rows], [rows, 2], []]), odd)}`)
    const body = Buffer.from(`{${members.join(`,${' '.repeat(pick([0, 0, 3000]))}`)}${pick(['}', '}', '', `${' '.repeat(3000)}}`])}${pick(['', '', `${' '.repeat(3000)}`, ' x', `${' '.repeat(3000)}x`])}`)
    const whole = outcome(() => decodeJson(body, signature))
    if (scanInputs(body, signature) !== undefined) scanned++
    for (let turn = 0; turn < 4; turn++) {
      const cuts = Array.from({ length: turn }, () => Math.floor(random() * body.length)).sort((a, b) => a - b)
      const scan = new ArrivingInputs(body.length, signature)
      lookInPieces(scan, body, cuts)
      if (JSON.stringify(outcome(() => decodeJson(body, signature, scan))) !== JSON.stringify(whole)) wrong.push({ text: body.toString().slice(0, 200), cuts })
    }
  }
  t.same(wrong.slice(0, 3), [])
  t.ok(scanned > 60, `the short way took ${scanned}`)
})

t.test('a scan for another signature does not count', async t => {
  const body = Buffer.from(`{"x":[${'1,'.repeat(5000)}2]}`)
  const scan = new ArrivingInputs(body.length, signatureOf({ x: ['DT_FLOAT', [-1]] }))
  scan.look(body, true)
  t.equal(decodeJson(body, scan.signature, scan).tensors['x']?.dtype, 'DT_FLOAT')
  t.equal(decodeJson(body, signatureOf({ x: ['DT_INT32', [-1]] }), scan).tensors['x']?.dtype, 'DT_INT32')
})
