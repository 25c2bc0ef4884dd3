// What a handler can do wrong, and what the caller, the log and the next request see of it.
import t, { type Test } from 'tap'
import type { OutriggerError } from '../../src/errors.js'
import type { Tensors } from '../../src/tensor/tensor.js'
import { answer, callOf, failure, lineOf, loadFrom } from './kit.js'

const wild = `
import { tensor } from 'outrigger/handler'
const hoard: unknown[] = []
export async function preprocess (request: any, context: any) {
  switch (request.do) {
    case 'loop': for (;;) {}
    case 'hang': await new Promise(() => {}); break
    case 'heed': if (!context.signal.aborted) await new Promise((resolve) => context.signal.addEventListener('abort', resolve)); context.log.info('heeded'); break
    case 'exit': process.exit(3); break
    case 'null': throw null
    case 'getter': throw { get message () { throw new Error('gotcha') }, get stack () { process.exit(1); return '' } }
    case 'proxy': throw new Proxy({}, { get () { throw new Error('gotcha') }, getPrototypeOf () { throw new Error('gotcha') }, has () { throw new Error('x') } })
    case 'secret': throw new Error('the password is swordfish')
    case 'rejection': Promise.reject(new Error('nobody cares')); await new Promise(resolve => setTimeout(resolve, 2000)); break
    case 'leak': for (;;) hoard.push(new Array(100000).fill(request.do + hoard.length))
    case 'nothing': return undefined
    case 'garbage': return { x: 'text' }
    case 'ragged': return { x: [[1, 2], [3]] }
    case 'shape': return { x: [[1, 2, 3]] }
    case 'dtype': return { x: tensor('int32', [1, 2], [1, 2]) }
    case 'extra': return { x: [[1, 2]], z: 1 }
    case 'carry': context.carry.f = () => 1; break
    case 'print': console.log('printed', 42); console.error('to stderr'); break
    case 'flat': return { x: new Float64Array([1, 2, 3, 4]) }
    case 'other': return { x: (await context.models.predict('twin', { x: tensor('float32', [1, 2], [3, 4]) })).y }
    case 'badother': await context.models.predict('twin', { x: [1] }); break
  }
  return { x: [[1, 2]] }
}
export function postprocess (outputs: any, context: any) {
  if (context.requestId === 'post-loop') for (;;) {}
  if (context.requestId === 'undefined') return undefined
  if (context.requestId === 'cycle') { const a: any = {}; a.a = a; return a }
  return { y: outputs.y, big: 2n ** 60n + 1n, nan: NaN }
}
`

t.test('in threads', async t => {
  let timeoutMs = 1000
  const { handler, lines } = await loadFrom(t, { 'handler.ts': wild }, { timeoutMs: () => timeoutMs, maxThreads: 2, maxWaitingBytes: 1, memoryMb: 64 })
  const ok = { y: [[3]], big: 1152921504606846977, nan: 'NaN' }
  const works = async (t: Test) => t.same(await answer(handler, { do: '' }), ok, 'the next request is served')

  await t.test('numbers of the answer are exact', async t => {
    const { body } = await handler.evaluate(callOf({}))
    t.equal(Buffer.from(body).toString(), '{"y":[[3]],"big":1152921504606846977,"nan":"NaN"}')
  })

  await t.test('an endless loop is ended while another request is served', async t => {
    const looping = failure(answer(handler, { do: 'loop' }))
    await works(t)
    t.match(await looping, { code: 'HANDLER_TIMEOUT', status: 504, message: /handler of model m version 7 took longer than 1000 ms in preprocess/ })
    await works(t)
    t.match(await failure(answer(handler, {}, { requestId: 'post-loop' })), { code: 'HANDLER_TIMEOUT', message: /in postprocess/ })
    await works(t)
  })

  await t.test("the request's own deadline counts", async t => {
    t.match(await failure(answer(handler, { do: 'heed' }, { deadline: Date.now() + 200 })), { code: 'HANDLER_TIMEOUT', message: /within the request's time/ })
    await works(t)
    t.ok(await lineOf(lines, line => line.msg === 'heeded'), 'the signal of the context fired, and its thread lives on')
  })

  await t.test('a caller that leaves frees its place', async t => {
    const controller = new AbortController()
    const left = failure(answer(handler, { do: 'heed' }, { signal: controller.signal }))
    controller.abort()
    t.match(await left, { code: 'REQUEST_CANCELLED' })
    await works(t)
  })

  await t.test('the queue has an end', async t => {
    const all = await Promise.all(['hang', 'hang', 'hang', 'hang', 'hang'].map(async what => await failure(answer(handler, { do: what }))))
    const refused = all.filter(({ code }) => code === 'SERVICE_OVERLOADED').length
    t.ok(refused === 2 || refused === 3, 'two run at most, one waits, the others are refused')
    t.ok(all.every(({ code }) => code === 'SERVICE_OVERLOADED' || code === 'HANDLER_TIMEOUT'))
    await works(t)
  })

  for (const [what, message] of [
    ['exit', /ended its own thread in preprocess \(exit code 3\)/],
    ['null', /handler of model m version 7 failed in preprocess/],
    ['getter', /failed in preprocess/],
    ['proxy', /failed in preprocess/],
    ['secret', /^The handler of model m version 7 failed in preprocess; the service's log has the reason$/],
    ['rejection', /failed in preprocess/],
    ['leak', /used more memory than its limit of 64 MB in preprocess/],
    ['nothing', /preprocess must return an object/],
    ['garbage', /preprocess returned "x" that does not fit: it must be a number \(float32\), not a string/],
    ['ragged', /preprocess returned "x" that does not fit: the value at \/1 has 1 values/],
    ['shape', /preprocess returned "x" with shape \[1, 3\] where the model takes \[n, 2\]/],
    ['dtype', /preprocess returned "x" as int32 where the model takes float32/],
    ['extra', /preprocess returned the input "z", which the model does not have; its inputs are x/],
    ['carry', /left something in context\.carry that is no plain data/],
    ['badother', /models\.predict takes tensors, and x is none/]
  ] as const) {
    await t.test(what, async t => {
      // What fills the memory takes its time on a busy machine.
      timeoutMs = what === 'leak' ? 20_000 : 1000
      const error = await failure(answer(handler, { do: what }))
      t.match(error, { code: 'HANDLER_FAILED', status: 500, message, model: 'm', version: 7n })
      t.notMatch(error.message, /swordfish|at .*\.ts/)
      if (what === 'secret') t.match((error.cause as Error).message, /swordfish[^]*handler\.ts/, 'the log gets the stack')
      await works(t)
    })
  }

  for (const [requestId, message] of [['undefined', /postprocess returned nothing/], ['cycle', /a cycle cannot be written as JSON/]] as const) {
    t.match(await failure(answer(handler, {}, { requestId })), { code: 'HANDLER_FAILED', message })
  }

  await t.test('flat typed arrays take the free size', async t => t.match(await answer(handler, { do: 'flat' }), { y: [[3], [7]] }))

  await t.test('what is printed becomes log lines', async t => {
    await answer(handler, { do: 'print' })
    t.match(await lineOf(lines, line => line.msg === 'printed 42'), { level: 30, model: 'm', printed: true })
    t.match(await lineOf(lines, line => line.msg === 'to stderr'), { level: 40, printed: true })
  })

  await t.test('other models are asked over the main thread', async t => {
    const asked: unknown[] = []
    const predictModel = async (model: string, inputs: Tensors): Promise<Tensors> => {
      asked.push(model, [...inputs.x!.data])
      return { y: { dtype: 'DT_FLOAT', shape: [1, 2], data: new Float32Array([10, 20]) } }
    }
    t.match(await answer(handler, { do: 'other' }, { predictModel }), { y: [[30]] })
    t.same(asked, ['twin', [3, 4]])
    const { OutriggerError } = await import('../../src/errors.js')
    t.match(await failure(answer(handler, { do: 'other' }, { predictModel: async () => { throw new OutriggerError('MODEL_NOT_FOUND', 'There is no model twin') } })), { code: 'MODEL_NOT_FOUND', message: 'There is no model twin' })
  })

  t.test('after close', async t => {
    await handler.close()
    t.match(await failure(answer(handler, {})), { code: 'MODEL_NOT_READY' })
  })
})

t.test('many at once', async t => {
  const source = `
export async function preprocess (request: any) {
  if (request.waitMs > 0) await new Promise(resolve => setTimeout(resolve, request.waitMs))
  return { x: [[1, 2]] }
}
export const postprocess = (outputs: any) => ({ y: outputs.y })
`
  const { handler } = await loadFrom(t, { 'handler.ts': source }, { maxThreads: 2 })

  await t.test('a burst of small requests is served, their answers before other requests', async t => {
    const answers = await Promise.all(Array.from({ length: 800 }, async () => await answer(handler, { waitMs: 0 })))
    t.ok(answers.every(one => JSON.stringify(one) === '{"y":[[3]]}'), `${answers.length} answers`)
  })

  await t.test('who would wait too long is told at once', async t => {
    const burst = async (): Promise<(OutriggerError | undefined)[]> => await Promise.all(Array.from({ length: 60 }, async () => await answer(handler, { waitMs: 100 }, { deadline: Date.now() + 1000 }).then(() => undefined, (error: unknown) => error as OutriggerError)))
    const first = await burst()
    t.ok(first.includes(undefined), 'some are served')
    const later = await burst()
    t.ok(later.some(error => error?.code === 'SERVICE_OVERLOADED' && /another would wait about \d+ ms/.test(error.message)), 'the times of the first are known by now')
  })
})

t.test('on the main thread', async t => {
  const { handler } = await loadFrom(t, { 'handler.ts': wild }, { isolate: false, timeoutMs: () => 100 })
  t.match(await failure(answer(handler, { do: 'null' })), { code: 'HANDLER_FAILED' })
  t.match(await failure(answer(handler, { do: 'proxy' })), { code: 'HANDLER_FAILED' })
  t.match(await failure(answer(handler, { do: 'hang' })), { code: 'HANDLER_TIMEOUT' })
  t.match(await answer(handler, {}), { y: [[3]] })
})
