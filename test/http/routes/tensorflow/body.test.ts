// http/routes/tensorflow/body.ts: codings, limits, broken bodies.
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { inflateBody } from '../../../../src/http/routes/tensorflow/body.js'

const text = Buffer.from('{"instances":[1]}')

t.test('codings', async t => {
  t.equal(await inflateBody(text, undefined, 100), text)
  t.equal(await inflateBody(text, 'identity', 100), text)
  t.same(await inflateBody(undefined, undefined, 100), Buffer.alloc(0))
  for (const name of ['gzip', 'GZIP', 'x-gzip', ' gzip ']) t.same(await inflateBody(gzipSync(text), name, 100), text)
  t.same(await inflateBody(deflateSync(text), 'deflate', 100), text)
  t.same(await inflateBody(brotliCompressSync(text), 'br', 100), text)
})

t.test('a body that cannot be inflated counts as empty', async t => {
  t.same(await inflateBody(gzipSync(text).subarray(0, 15), 'gzip', 100), Buffer.alloc(0))
  t.same(await inflateBody(text, 'gzip', 100), Buffer.alloc(0))
})

t.test('the limit holds for what comes out', async t => {
  const bomb = gzipSync(Buffer.alloc(1_000_000, 0x20))
  await t.rejects(async () => await inflateBody(bomb, 'gzip', 999_999), { code: 'REQUEST_TOO_LARGE' })
  t.equal((await inflateBody(bomb, 'gzip', 1_000_000)).length, 1_000_000)
})
