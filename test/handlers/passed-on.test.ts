// Values that do not fit the model's dtype: the caller's where the handler passed them on, else the handler's.
import t from 'tap'
import { answer, failure, loadFrom } from './kit.js'

const passing = `
export function preprocess (request: any) {
  if (request.alone !== undefined) return { x: [[request.alone, 1]] }
  if (request.made !== undefined) return { x: [[1e39, 1]] }
  return { x: typeof request.x === 'number' ? [[request.x, 1]] : request.x }
}
`

t.test('whose fault it is', async t => {
  const { handler } = await loadFrom(t, { 'handler.ts': passing })
  for (const [body, pointer] of [[{ x: [[1, 1e39]] }, '/x/0/1'], [{ x: [[1, 2], [3, 'four']] }, '/x/1/1'], [{ x: [[1, null]] }, '/x/0/1'], [{ x: 1e39 }, '/x'], [{ x: [[1, 2], [3]] }, '/x/1'], [{ x: {} }, '/x']] as const) {
    const error = await failure(answer(handler, body))
    t.match(error, { code: 'HANDLER_INPUT', status: 422, errors: [{ pointer }] }, JSON.stringify(body))
  }
  for (const body of [{ made: true, x: 1 }, { alone: 1e39 }, {}]) t.match(await failure(answer(handler, body)), { code: 'HANDLER_FAILED', status: 500 }, JSON.stringify(body))
  t.same(await answer(handler, { x: [[1, 2]] }), { y: 3 })
})
