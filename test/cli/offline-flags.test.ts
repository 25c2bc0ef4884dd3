// The shared flags: their values, and what is refused.
import t from 'tap'
import { offlineFlags, offlineHelp, offlineOf } from '../../src/cli/offline-flags.js'
import { readFlags } from '../../src/cli/read-flags.js'

const read = (...argv: string[]): ReturnType<typeof offlineOf> => offlineOf(readFlags(argv, offlineFlags).values)

t.test('values', async t => {
  t.same(read(), { engine: 'auto', program: undefined, verbose: false, timeoutMs: 30_000 })
  t.same(read('--engine', 'embedded', '--tensorflow-model-server', '/t', '--timeout', '0.5', '--verbose'), { engine: 'embedded', program: '/t', verbose: true, timeoutMs: 500 })
})

t.test('what is refused', async t => {
  for (const argv of [['--engine', 'real'], ['--timeout', '0'], ['--timeout=-1'], ['--timeout', 'long'], ['--timeout', '']]) t.throws(() => read(...argv), { code: 'CONFIG_INVALID' }, argv.join(' '))
})

t.test('--help tells each of them', async t => {
  for (const name of Object.keys(offlineFlags)) if (name !== 'help') t.match(offlineHelp('example', 'row'), new RegExp(`^  --${name}\\b`, 'm'))
})
