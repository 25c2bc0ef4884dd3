// A version's handler from file to answer: imports, validation, stages, threads.
import t from 'tap'
import { answer, callOf, failure, lineOf, loadFrom } from './kit.js'

const doubling = `
import { Type, InvalidInput, numbers, type Context, type Static, type Tensors } from 'outrigger/handler'
import { names } from './names.js'

export const input = Type.Object({ a: Type.Number(), b: Type.Number({ default: 1 }) })
export const output = Type.Object({ sum: Type.Number(), name: Type.String(), twice: Type.Number() })

interface State { factor: number }

export async function load (context: { folder: string }): Promise<State> {
  return { factor: 2 }
}

export function preprocess (request: Static<typeof input>, context: Context<State>) {
  if (request.a < 0) throw new InvalidInput('a must not be negative', '/a')
  context.carry.twice = request.a * context.state.factor
  context.log.info('seen', { a: request.a })
  return { x: [[request.a, request.b]] }
}

export const postprocess = (outputs: Tensors, context: Context<State>) => ({
  sum: numbers(outputs.y!)[0]!, name: names[0], twice: context.carry.twice as number
})
`

for (const isolate of [true, false]) {
  t.test(isolate ? 'in threads' : 'on the main thread', async t => {
    const { handler, lines } = await loadFrom(t, { 'handler.ts': doubling, 'names.ts': 'export const names: string[] = ["one"]\n' }, { isolate })
    t.match(handler.description, { preprocess: true, postprocess: true, mediaTypes: ['application/json', 'multipart/form-data'], input: { type: 'object' }, output: { type: 'object' } })

    t.same(await answer(handler, { a: 0.1, b: 2 }), { sum: 2.1, name: 'one', twice: 0.2 })
    t.same(await answer(handler, { a: 3 }), { sum: 4, name: 'one', twice: 6 }, 'defaults are filled in')
    t.match(await lineOf(lines, line => line.msg === 'seen'), { a: 0.1, model: 'm', version: '7', request_id: 'r1', handler: true })

    const invalid = await failure(answer(handler, { a: 'x', c: 1 }))
    t.match(invalid, { code: 'HANDLER_INPUT', errors: [{ pointer: '/a', detail: 'must be number' }], model: 'm', version: 7n })
    const refused = await failure(answer(handler, { a: -1 }))
    t.match(refused, { code: 'HANDLER_INPUT', status: 422, message: 'a must not be negative', errors: [{ pointer: '/a' }] })
    const notJson = await failure(handler.evaluate(callOf(null, { request: { mediaType: 'application/json', body: Buffer.from('{"a":') } })))
    t.equal(notJson.code, 'REQUEST_NOT_JSON')
    const wrongType = await failure(handler.evaluate(callOf(null, { request: { mediaType: 'image/png', body: Buffer.from('x') } })))
    t.match(wrongType, { code: 'REQUEST_MEDIA_TYPE', message: /image\/png is not taken here; taken are application\/json, multipart\/form-data/ })
  })
}
