// The short form of the drills: versions switch, the model server is killed and replaced, the service ends, and no request is lost. The long form is `npm run drill`, see docs/drills.md.
import t from 'tap'
import { runDrill, shortDrill } from '../../bench/drill/drills.js'
import { tableOf } from '../../bench/drill/table.js'
import { noProc } from './service.js'

/** This looks for requests that are lost, not for late ones: a busy machine may take its time, and is given no more than it can do. */
const deadlineMs = 25_000

for (const engine of ['embedded', 'fixture']) {
  t.test(`${engine}: no request is lost`, { skip: noProc }, async t => {
    const result = await runDrill('short', [shortDrill(5, 3, 1)], t, { engine, pace: { kind: 'rate', perSecond: 200, atMost: 60 }, deadlineMs, settleSeconds: 1 })
    t.comment(tableOf(result))
    t.same(result.faults, [])
    t.ok(result.requests > 300, `${result.requests} requests`)
  })
}
