import t from 'tap'
import { framed, MessageReader, percentDecoded, percentEncoded, timeoutMs, timeoutText } from '../../src/grpc/framing.js'

t.test('a message has five bytes before it, copied or not', t => {
  t.strictSame(framed(Buffer.from([7, 8])).map(chunk => [...chunk]), [[0, 0, 0, 0, 2, 7, 8]])
  const large = new Uint8Array(70_000).fill(1)
  const [head, body] = framed(large)
  t.strictSame([...head], [0, 0, 1, 0x11, 0x70])
  t.equal(body, large)
  t.end()
})

t.test('what was framed is read, in chunks of any size', t => {
  const message = Buffer.from(Array.from({ length: 40 }, (_, i) => i))
  const bytes = Buffer.concat(framed(message))
  for (let size = 1; size <= bytes.length; size++) {
    const reader = new MessageReader()
    for (let at = 0; at < bytes.length; at += size) {
      t.match(reader.message(), { kind: 'short' })
      reader.add(bytes.subarray(at, at + size))
    }
    t.strictSame(reader.message(), { message })
  }
  t.end()
})

t.test('a large one is put together while it comes', t => {
  const message = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => i * 31))
  const bytes = Buffer.concat(framed(message))
  for (const first of [3, 5, 70_000]) {
    const reader = new MessageReader()
    for (let at = 0; at < bytes.length;) {
      const chunk = bytes.subarray(at, at === 0 ? first : at + 16_384)
      reader.add(chunk)
      at += chunk.length
      if (at < bytes.length) t.match(reader.message(), { kind: 'short', fault: /./ })
    }
    t.strictSame(reader.message(), { message })
    reader.add(Buffer.from([1]))
    t.match(reader.message(), { kind: 'several' })
  }
  const compressed = new MessageReader()
  compressed.add(Buffer.from([1, 0, 1, 0, 0, 7]))
  t.match(compressed.message(), { kind: 'compressed' })
  t.end()
})

t.test('what is not exactly one message', t => {
  for (const [bytes, kind] of [[[1, 0, 0, 0, 0], 'compressed'], [[0, 0, 0, 0, 0, 9], 'several'], [[0, 0, 0, 0, 1], 'short']] as const) {
    const reader = new MessageReader()
    reader.add(Buffer.from(bytes))
    t.match(reader.message(), { fault: String, kind })
  }
  t.end()
})

t.test('timeouts', t => {
  for (const [ms, text] of [[0.2, '1m'], [30_000, '30000m'], [99_999_999, '99999999m'], [100_000_001, '100001S'], [2 ** 60, '99999999S']] as const) t.equal(timeoutText(ms), text)
  for (const [text, ms] of [['1H', 3_600_000], ['2M', 120_000], ['3S', 3000], ['99999999m', 99_999_999], ['5u', 0.005], ['7n', 0.000007], ['0m', 0]] as const) t.ok(Math.abs(timeoutMs(text)! - ms) < 1e-9, text)
  for (const text of ['', '5', 'm', '-1m', '123456789m', '1.5S', '1s']) t.equal(timeoutMs(text), undefined, text)
  t.end()
})

t.test('words in headers', t => {
  for (const [text, encoded] of [['plain ~', 'plain ~'], ['100%', '100%25'], ['é\n', '%C3%A9%0A'], [' a b ', '%20a b%20'], ['😀', '%F0%9F%98%80'], ['\ud800', '%EF%BF%BD']] as const) t.equal(percentEncoded(text), encoded)
  for (const text of ['', '100 % – é\r\n😀\u0000']) t.equal(percentDecoded(percentEncoded(text)), text)
  t.equal(percentDecoded('%zz %C3'), '%zz %C3')
  t.end()
})
