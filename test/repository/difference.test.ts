import t from 'tap'
import { differences, differenceText } from '../../src/repository/difference.js'

t.test('numbers may differ by the tolerance', t => {
  t.same(differences({ y: [1, 2] }, { y: [1.05, 2] }, 0.1), [])
  t.same(differences({ y: [1, 2] }, { y: [1.2, 2] }, 0.1), [{ path: '/y/0', expected: '1', got: '1.2' }])
  t.same(differences(1, 1 + 1e-7, undefined), [])
  t.same(differences(1e9, 1e9 + 100, undefined), [], 'relative where numbers are large')
  t.equal(differences(1, 1.001, undefined).length, 1)
  t.equal(differences(1, 1.0000001, 0).length, 1)
  t.end()
})

t.test('names, lengths, kinds', t => {
  t.same(differences({ a: 1, b: null, 'c/d': 'x' }, { 'c/d': 'y', e: [] }, undefined), [
    { path: '/a', expected: '1', got: 'nothing' }, { path: '/b', expected: 'null', got: 'nothing' }, { path: '/c~1d', expected: '"x"', got: '"y"' }, { path: '/e', expected: 'nothing', got: '[]' }
  ])
  t.same(differences([1], [1, 2], undefined), [{ path: '/', expected: '[1]', got: '[1,2]' }])
  t.same(differences({}, [], undefined), [{ path: '/', expected: '{}', got: '[]' }])
  t.same(differences({ b: 1, a: 2 }, { a: 2, b: 1 }, undefined), [])
  t.equal(differences(Array(50).fill(0), Array(50).fill(1), undefined).length, 10, 'not without end')
  t.ok(differences('x'.repeat(1000), '', undefined)[0]!.expected.length <= 120)
  t.equal(differenceText([{ path: '/a', expected: '1', got: '2' }, { path: '/b', expected: '1', got: 'nothing' }]), '/a: expected 1, got 2; /b: expected 1, got nothing')
  t.end()
})
