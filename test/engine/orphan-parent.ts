// A service as small as can be, for orphan.test.ts: starts an engine, says the child's pid, and lives until it is killed.
import { pino } from 'pino'
import { createEngine } from '../../src/engine/supervisor.js'
import { fixtureProgram } from './fixture.js'

const [controlFile = '', folder = '', exit] = process.argv.slice(2)
const engine = createEngine({
  kind: 'tensorflow',
  program: { file: process.execPath, args: [fixtureProgram] },
  environment: { PATH: process.env.PATH, TF_FIXTURE_CONTROL: controlFile },
  log: pino({ level: 'silent' }),
  socketParents: [folder],
  timing: { terminateMs: 500 }
})
await engine.start()
process.stdout.write(`${engine.report().pid}\n`)
if (exit === 'exit') process.stdin.once('data', () => process.exit(1))
setInterval(() => {}, 2 ** 30)
