// Bodies of megabytes in every form, beside tiny requests: right to the last number, wrong with the place told, and everybody else is answered.
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { copyModel, engines, start, temporaryFolder } from './service.js'

const path = '/v1/models/half_plus_two:predict'
const count = 300_000
const numbers = Array.from({ length: count }, (_, i) => i % 1000 / 4)
const halved = JSON.stringify(numbers.map(x => x / 2 + 2))
/** A comparison of lists of this length by tap would take minutes. */
const holds = (list: unknown): boolean => JSON.stringify(list) === halved

for (const { name, flags } of engines) {
  t.test(name, { timeout: 240_000 }, async t => {
    const models = temporaryFolder(t)
    copyModel(models, 'half_plus_two/1', 'half_plus_two')
    const service = await start(t, { engine: { name, flags }, models })
    const post = async (to: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<{ status: number, json: any }> => { // eslint-disable-line @typescript-eslint/no-explicit-any -- whatever the service answered
      const answer = await fetch(`${service.url}${to}`, { method: 'POST', body: body as string, headers: { 'content-type': 'application/json', ...headers } })
      return { status: answer.status, json: await answer.json() }
    }
    let over = false
    let answered = 0
    const tiny = (async () => {
      for (; !over; answered++) {
        const { status, json } = await post(path, '{"instances": [1, 2]}')
        if (status !== 200 || json.predictions[0] !== 2.5) { t.match({ status, json }, { status: 200, json: { predictions: [2.5, 3] } }); return }
      }
    })()
    const rows = `{"instances": [${numbers.join(',')}]}`
    t.ok(holds((await post(path, rows)).json.predictions), 'rows')
    t.ok(holds((await post(path, rows.padEnd(5_000_000))).json.predictions), 'beyond what is scanned while it arrives')
    t.ok(holds((await post(path, gzipSync(rows), { 'content-encoding': 'gzip' })).json.predictions), 'compressed')
    t.ok(holds((await post(path, `{"inputs": {"x": [${numbers.join(',')}]}}`)).json.outputs), 'columns')
    t.ok(holds((await post(path, `{"instances": [${numbers.map(x => `{"x":${x}}`).join(',')}]}`)).json.predictions), 'objects, which only the parser takes')
    t.strictSame(await post(path, `${rows.slice(0, -1)}x`), { status: 400, json: { error: `JSON Parse error: Missing a comma or '}' after an object member. at offset: ${rows.length - 1}` } }, 'an error at the end')
    t.match(await post(path, `{"instances": [${'"a",'.repeat(count)}"b"]}`), { status: 400, json: { error: /element: 0 .* not of expected type: float/ } }, 'texts')
    t.match(await post('/v1/models/none:predict', rows.padEnd(5_000_000)), { status: 404, json: { error: 'Servable not found for request: Latest(none)' } })
    t.match(await post(path, rows.replace('{', '{"signature_name": "none",')), { status: 400, json: { error: /"none" not found/ } })
    const own = '/models/half_plus_two/evaluate'
    t.ok(holds((await post(own, `{"x": [${numbers.join(',')}]}`.padEnd(5_000_000))).json.y), 'evaluate')
    t.ok(holds((await post(own, Buffer.from(Float32Array.from(numbers).buffer), { 'content-type': 'application/octet-stream' })).json.y), 'raw')
    t.match(await post(own, `{"x": [${'1,'.repeat(count)}"a"]}`), { status: 400, json: { code: 'REQUEST_INVALID', errors: [{ pointer: `/x/${count}` }] } })
    over = true
    await tiny
    t.ok(answered > 0)
    t.strictSame(service.lines.filter(({ level }) => level === 'error' || level === 'fatal'), [])
  })
}
