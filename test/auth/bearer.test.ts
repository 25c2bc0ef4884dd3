import t from 'tap'
import { bearerToken } from '../../src/auth/bearer.js'

t.test('one header, one token', async t => {
  t.equal(bearerToken(['Host', 'x', 'Authorization', 'Bearer a.b.c']), 'a.b.c')
  t.equal(bearerToken(['AUTHORIZATION', 'bearer   a.b.c ']), 'a.b.c')
  t.equal(bearerToken(['Host', 'authorization']), undefined)
  t.equal(bearerToken([]), undefined)
})

t.test('what is not taken', async t => {
  t.throws(() => bearerToken(['Authorization', 'Bearer good', 'authorization', 'Bearer evil']), { code: 'AUTH_REQUEST' }, 'two headers')
  for (const value of ['', 'Bearer', 'Bearer ', 'Basic YTpi', 'a.b.c', 'Bearer a b', 'Bearer a, Bearer b', 'Bearera']) t.throws(() => bearerToken(['Authorization', value]), { code: 'AUTH_REQUEST' }, value)
  t.throws(() => bearerToken(['Authorization', `Bearer ${'a'.repeat(8193)}`]), { code: 'AUTH_TOKEN_INVALID', message: /8192/ })
  t.throws(() => bearerToken(['Authorization', `Bearer${' '.repeat(20_000)}`]), { code: 'AUTH_TOKEN_INVALID' })
})
