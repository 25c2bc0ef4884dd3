// The long form, a program: npm run fuzz -- --requests 20000 --seed 7 [--engine tensorflow] [--out FOLDER] [--only N] [--replay FILE]. Prints figures; writes every request that failed as a file.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import t from 'tap'
import { engines } from '../e2e/service.js'
import { campaign, emptyTally, fire, shotOf, type Fault } from './campaign.js'
import { startSubject, type Memory } from './subject.js'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' }, engine: { type: 'string', default: 'embedded' },
    abreast: { type: 'string', default: '4' }, out: { type: 'string' }, only: { type: 'string' }, replay: { type: 'string' }
  }
})
const seed = Number(values.seed)
const half = Math.ceil(Number(values.requests) / 2)
const engine = engines.find(({ name }) => name === values.engine)
if (engine === undefined) throw new Error(`--engine takes ${engines.map(({ name }) => name).join(' or ')}`)

/** How far memory may grow from one half to the next. */
const growth = 1.05
const megabytes = ({ service, child }: Memory): string => `${(service / 2 ** 20).toFixed(1)} MB service, ${(child / 2 ** 20).toFixed(1)} MB model server`

t.setTimeout(0)
t.test(`fuzz: seed ${seed}, ${engine.name}`, { timeout: 0 }, async t => {
  const subject = await startSubject(t, engine)
  const { service, document, valid } = subject
  const folder = values.out ?? mkdtempSync(join(tmpdir(), 'outrigger-fuzz-'))
  mkdirSync(folder, { recursive: true })
  let faults = 0
  const onFault = ({ index, shot, faults: found }: Fault): void => {
    faults++
    const file = join(folder, `${seed}-${index}.request`)
    writeFileSync(file, Buffer.concat(shot.pieces))
    if (faults <= 50) t.fail(`shot ${index} (${shot.how.join(', ')}): ${found.join('; ').slice(0, 1000)}`, { file, stack: '' })
  }

  if (values.replay !== undefined || values.only !== undefined) {
    const index = Number(values.only ?? 0)
    const shot = values.replay === undefined ? shotOf(seed, index, valid) : { pieces: [readFileSync(values.replay)], requests: [], sound: false, leaves: false, how: ['replayed'] }
    const tally = emptyTally()
    const found = await fire(shot, service.url, document, tally)
    t.comment(Buffer.concat(shot.pieces).toString('latin1').slice(0, 2000))
    t.comment(`statuses ${[...tally.statuses.keys()].join()}`)
    t.same(found, [])
    t.equal(await subject.harm(), undefined)
    return
  }

  const tally = emptyTally()
  const began = performance.now()
  const memories: Memory[] = [await subject.settledMemory()]
  for (const part of [0, 1]) {
    await campaign({ url: service.url, document, valid, seed, from: part * half, shots: half, abreast: Number(values.abreast), onFault }, tally)
    t.equal(await subject.harm(), undefined, `unharmed after ${part === 0 ? 'the first' : 'the second'} half`)
    t.equal(await subject.drift(), '', 'valid requests are answered as before')
    memories.push(await subject.settledMemory())
  }
  const [, first, second] = memories
  t.ok(second.service <= first.service * growth, 'the service holds no more memory after the second half')
  t.ok(second.child <= first.child * growth, 'the model server holds no more memory after the second half')
  t.equal(faults, 0, `requests that failed are in ${folder}`)
  t.comment(`${tally.requests} requests on ${2 * half} connections in ${Math.round((performance.now() - began) / 1000)} s; ${tally.silent} without an answer; slowest ${Math.round(tally.slowestMs)} ms`)
  t.comment(`statuses: ${[...tally.statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`).join(', ')}`)
  for (const [i, memory] of memories.entries()) t.comment(`memory ${['at the start', 'after the first half', 'after the second half'][i]}: ${megabytes(memory)}`)
})
