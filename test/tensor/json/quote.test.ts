// tensor/json/quote.ts: escapes.
import t from 'tap'
import { quote } from '../../../src/tensor/json/quote.js'

t.test('only what must be escaped is', async t => {
  t.equal(quote('a/b\x7fé\u2028😀'), '"a/b\x7fé\u2028😀"')
  t.equal(quote('"\\\b\f\n\r\t\0\x1f\x0b'), '"\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001F\\u000B"')
})
