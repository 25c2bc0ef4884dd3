// The short form of the fuzzer: some hundred mutated requests of a fixed seed on each engine. The long form is `npm run fuzz`, see docs/fuzzing.md.
import t from 'tap'
import { campaign, emptyTally, type Fault } from '../fuzz/campaign.js'
import { startSubject } from '../fuzz/subject.js'
import { engines } from './service.js'

const shots = 400

for (const engine of engines) {
  t.test(`${engine.name}: mutated requests harm nothing`, async t => {
    const subject = await startSubject(t, engine)
    const { service, document, valid } = subject
    const faults: Fault[] = []
    const tally = emptyTally()
    await campaign({ url: service.url, document, valid, seed: 20, from: 0, shots, abreast: 4, onFault: fault => { faults.push(fault) } }, tally)
    t.same(faults.map(({ index, shot, faults }) => ({ index, how: shot.how.join(', '), faults })), [], 'every answer is declared and has its form; none is late or a fault of the service')
    t.ok(tally.requests >= shots && tally.statuses.has(200) && tally.statuses.has(400), `seen: ${[...tally.statuses].join(' ')}`)
    t.equal(await subject.harm(), undefined, 'the same processes, ready, no error in the log')
    t.equal(await subject.drift(), '', 'valid requests are answered as before')
  })
}
