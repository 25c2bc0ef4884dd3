import t from 'tap'
import { defaultModelSettings, parseModelSettings } from '../../src/config/model-settings.js'

const fault = (source: string): string => {
  try {
    parseModelSettings(source, 'model.yaml')
  } catch (error) {
    return (error as Error).message
  }
  return 'no fault'
}

t.test('nothing set', async t => { t.strictSame(parseModelSettings('', 'f'), defaultModelSettings) })

t.test('everything set', async t => {
  const settings = parseModelSettings(`
versions: [1, 9223372036854775807]
labels: { stable: 1, canary: 9223372036854775807 }
engine: embedded
required: false
timeout: 2s
retry: false
warmup: off
handler: { isolate: false, timeout: 100ms }
`, 'f')
  t.match(settings, { policy: { kind: 'specific', versions: [1n, 9223372036854775807n] }, engine: 'embedded', required: false, timeoutMs: 2000, retry: false, warmup: false, handler: { isolate: false, timeoutMs: 100 } })
  t.strictSame([...settings.labels], [['stable', 1n], ['canary', 9223372036854775807n]])
  t.strictSame(parseModelSettings('versions: all', 'f').policy, { kind: 'all' })
  t.strictSame(parseModelSettings('versions: latest 3', 'f').policy, { kind: 'latest', count: 3 })
  t.strictSame(parseModelSettings('versions: latest', 'f').policy, { kind: 'latest', count: 1 })
})

t.test('faults, all at once', async t => {
  t.match(fault('versoins: all\ntimeout: soon\nretry: maybe'), /versoins is not a known key[^]*timeout must be[^]*retry must be/)
  for (const source of ['versions: latest 0', 'versions: []', 'versions: [-1]', 'versions: newest', 'labels: [a]', 'labels: {"a b": 1}', 'labels: {a: x}', 'engine: onnx', 'required: 1', 'timeout: 0s', 'handler: no', 'handler: {islate: true}', 'handler: {isolate: 3}', 'handler: {timeout: x}', '- 1', 'a: [', '5']) t.not(fault(source), 'no fault', source)
})

t.test('batching', async t => {
  const batching = (text: string): object => parseModelSettings(`batching: ${text}`, 'f').batching
  t.strictSame(batching('off'), { enabled: false })
  t.strictSame(batching('true'), { enabled: true })
  t.strictSame(batching('{ enabled: on, in_flight: 4, max_rows: 32, max_bytes: 256KiB }'), { enabled: true, inFlight: 4, maxRows: 32, maxBytes: 262144 })
  t.strictSame(batching('{ max_bytes: 1000 }'), { maxBytes: 1000 })
  for (const [text, why] of Object.entries({ maybe: /must be on, off, or hold/, '[1]': /must be on, off/, '{ in_flight: 0 }': /in_flight: "0"; it is a whole number from 1 to 64/, '{ in_flight: 1.5 }': /from 1 to 64/, '{ max_rows: many }': /from 1 to 65536/, '{ max_bytes: 0 }': /a size such as/, '{ delay: 5 }': /has no key delay; it has enabled, in_flight/ })) t.match(fault(`batching: ${text}`), why, text)
})

t.test('warmup is on or off', async t => {
  for (const [text, warmup] of Object.entries({ on: true, true: true, off: false, false: false })) t.equal(parseModelSettings(`warmup: ${text}`, 'f').warmup, warmup, text)
  t.match(fault('warmup: twice'), /warmup must be on or off/)
})
