// http/inflate.ts: every coding, broken bytes, and the limit on what comes out.
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { inflateBytes, isCoding, type Coding } from '../../src/http/inflate.js'

const text = Buffer.from('{"x":[1,2]}')
const compressed: readonly [Coding, Buffer][] = [['gzip', gzipSync(text)], ['deflate', deflateSync(text)], ['br', brotliCompressSync(text)]]

t.test('what was compressed comes back, to the limit and not beyond', async t => {
  for (const [coding, bytes] of compressed) {
    t.same(await inflateBytes(bytes, coding, text.length), text)
    await t.rejects(inflateBytes(bytes, coding, text.length - 1), { code: 'REQUEST_TOO_LARGE', message: /10 bytes/ })
    await t.rejects(inflateBytes(bytes.subarray(0, bytes.length - 3), coding, 100), { code: 'REQUEST_INVALID' })
    await t.rejects(inflateBytes(text, coding, 100), { code: 'REQUEST_INVALID' })
  }
})

t.test('names', async t => {
  t.same(['gzip', 'deflate', 'br', 'zstd', 'toString'].map(isCoding), [true, true, true, false, false])
})
