import t from 'tap'
import { allows, grantsOf, neededScope } from '../../src/auth/grants.js'

const of = (scope: unknown): ReturnType<typeof grantsOf> => grantsOf({ scope }, ['scope'])

t.test('scopes out of claims', async t => {
  t.same(grantsOf({ scope: 'predict  admin', scp: ['explain', 3, null], roles: ['x'] }, ['scope', 'scp']), new Set(['predict', 'admin', 'explain']))
  for (const none of [undefined, null, 3, {}, { predict: true }, '', [['predict']]]) t.equal(of(none).size, 0)
  t.equal(grantsOf({}, ['constructor', '__proto__']).size, 0)
  t.same(of('predict:a%20b%2Fc predict:%zz'), new Set(['predict:a b/c']))
})

t.test('what is allowed', async t => {
  t.ok(allows(of('predict'), 'predict', 'm'))
  t.ok(allows(of('predict:m'), 'predict', 'm'))
  t.notOk(allows(of('predict:m'), 'predict', 'n'), "another model's")
  t.notOk(allows(of('predict:m'), 'predict', undefined), 'no model is not every model')
  t.notOk(allows(of('predict:m'), 'predict', 'M'))
  t.notOk(allows(of('predict:m'), 'predict', 'm:x'))
  t.ok(allows(of('predict:m%3Ax'), 'predict', 'm:x'))
  t.notOk(allows(of('admin'), 'predict', 'm'), 'admin is no key to the models')
  t.notOk(allows(of('predict'), 'admin', undefined))
  t.notOk(allows(of('predict:m'), 'admin', 'm'))
  t.notOk(allows(of('predict'), 'explain', 'm'))
  t.ok(allows(of('admin:m'), 'admin', 'm'))
  t.notOk(allows(of('admin:m'), 'admin', undefined))
  for (const scope of ['Predict', 'predict ', 'predict*', 'predict:*', '*', 'predictx', 'read']) t.equal(allows(of(scope), 'predict', 'm'), scope === 'predict ', scope)
  t.ok(allows(of(''), 'read', 'm'))
  t.ok(allows(of(''), 'open', undefined))
})

t.test('what a caller is told to ask for', async t => {
  t.equal(neededScope('predict', 'a b'), 'predict:a%20b')
  t.equal(neededScope('admin', undefined), 'admin')
  t.equal(neededScope('read', 'm'), undefined)
})
