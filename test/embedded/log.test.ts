import t from 'tap'
import { logLine } from '../../src/embedded/log.js'

t.test("a line in the real server's form", async t => {
  t.equal(logLine('I', 'servables.ts', 'Adding models', new Date(2026, 10, 21, 9, 42, 5, 7)), '2026-11-21 09:42:05.007000: I outrigger/servables.ts:0] Adding models\n')
})
