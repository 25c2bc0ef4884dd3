import t from 'tap'
import { bytes, choice, duration, flag, integer, list, memory, milliseconds, path, text } from '../../src/config/kinds.js'

const words = { description: 'x' }

t.test('milliseconds', async t => {
  for (const [raw, value] of [['30s', 30_000], ['500ms', 500], ['2m', 120_000], ['1h', 3_600_000], ['1.5s', 1500], [250, 250], ['0', 0]] as const) t.equal(milliseconds(raw), value)
  for (const raw of ['', 's', '-1s', '1 s', '1d', '600h', null, undefined, NaN]) t.equal(milliseconds(raw), undefined)
})

t.test('each kind reads text and the values of a file', async t => {
  t.equal(duration(words).parse('1s'), 1000)
  t.throws(() => duration(words).parse('soon'), /must be a length of time/)
  t.equal(bytes(words).parse('64KiB'), 65536)
  t.equal(bytes(words).parse('2kB'), 2000)
  t.equal(bytes(words).parse(10), 10)
  t.throws(() => bytes(words).parse('1XB'), /must be a size/)
  t.throws(() => bytes(words).parse('3GiB'), /at most 2 GiB/)
  t.equal(memory(words).parse('3GiB'), 3 * 1024 ** 3)
  t.equal(integer(1, 5, words).parse(3), 3)
  t.throws(() => integer(1, 5, words).parse(3.5), /from 1 to 5/)
  t.equal(flag(words).parse('1'), true)
  t.equal(flag(words).parse('0'), false)
  t.throws(() => flag(words).parse('yes'), /true or false/)
  t.strictSame(list(words).parse(['a', 1]), ['a', '1'])
  t.equal(text(words).parse(5), '5')
  t.throws(() => text(words).parse(['a']), /must be a text/)
  t.throws(() => path(words).parse('a\0b'), /must be a path/)
  t.throws(() => path(words).parse(5), /must be a path/)
  t.equal(choice(['on', 'off'], words).parse(true), 'on', 'YAML 1.1 habits')
  t.equal(choice(['on', 'off'], words).parse(false), 'off')
  t.throws(() => choice(['a', 'b'], words).parse('c'), /one of a, b/)
})
