// Flags, positionals, and what is refused.
import t from 'tap'
import { readFlags } from '../../src/cli/read-flags.js'

t.test('flags stand anywhere', async t => {
  const { values, positionals } = readFlags(['one', '--out', 'file', 'two', '-h'], { out: { type: 'string', default: 'other' }, help: { type: 'boolean', short: 'h' } })
  t.match({ values, positionals }, { values: { out: 'file', help: true }, positionals: ['one', 'two'] })
})

t.test('wrong usage', async t => {
  for (const argv of [['--unknown'], ['--out'], ['--help=yes']]) t.throws(() => readFlags(argv, { out: { type: 'string' }, help: { type: 'boolean' } }), { code: 'CONFIG_INVALID' }, argv.join(' '))
})
