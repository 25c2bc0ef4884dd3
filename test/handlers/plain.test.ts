// A version without a handler: every kind of body that a signature takes.
import sharp from 'sharp'
import t from 'tap'
import { chooseSignature, isOneInstance, plainHandler } from '../../src/handlers/plain.js'
import type { HandlerRequest } from '../../src/handlers/version-handler.js'
import type { Signature, Tensors } from '../../src/tensor/tensor.js'
import { callOf, failure, signature } from './kit.js'

const picture = signature({ pixels: ['DT_FLOAT', [-1, 2, 2, 1]] }, { y: ['DT_FLOAT', [-1, 1]] })
const bytes = signature({ image: ['DT_STRING', [-1]] }, { y: ['DT_FLOAT', [-1, 1]] })
const numbers = signature({ x: ['DT_INT32', [-1, 3]] }, { y: ['DT_INT32', [-1, 3]] })
const mixed = signature({ text: ['DT_STRING', [-1, 1]], size: ['DT_FLOAT', [-1, 1]], photo: ['DT_UINT8', [-1, -1, -1, 3]] }, { y: ['DT_FLOAT', [-1]] })

async function ask (of: Signature, request: HandlerRequest): Promise<{ inputs: Tensors, text: string }> {
  let inputs: Tensors = {}
  const { body } = await plainHandler(new Map([[of.name, of]])).evaluate(callOf(null, {
    request,
    predict: async given => { inputs = given; return { y: { dtype: 'DT_FLOAT', shape: [1, 1], data: Float32Array.of(0.1) } } }
  }))
  return { inputs, text: Buffer.from(body).toString() }
}

const grey = await sharp(Uint8Array.of(0, 255, 10, 20), { raw: { width: 2, height: 2, channels: 1 } }).png().toBuffer()

t.test('bodies', async t => {
  const json = await ask(numbers, { mediaType: 'application/json', body: Buffer.from('{"x": [1, 2, 3]}') })
  t.same(json.inputs.x, { dtype: 'DT_INT32', shape: [1, 3], data: Int32Array.of(1, 2, 3) })
  t.equal(json.text, '{"y":0.1}', 'a plain question, a plain answer')
  t.equal((await ask(numbers, { mediaType: '', body: Buffer.from('{"x": [[1, 2, 3]]}') })).text, '{"y":[[0.1]]}')

  const pixels = await ask(picture, { mediaType: 'image/png', body: grey })
  t.same(pixels.inputs.pixels, { dtype: 'DT_FLOAT', shape: [1, 2, 2, 1], data: Float32Array.of(0, 255, 10, 20) })
  t.same((await ask(bytes, { mediaType: 'image/png', body: grey })).inputs.image, { dtype: 'DT_STRING', shape: [1], data: [grey] }, 'a model that decodes for itself gets the bytes')
  t.same((await ask(bytes, { mediaType: 'text/plain', body: Buffer.from('hoi') })).inputs.image!.data, [Buffer.from('hoi')])
  t.same((await ask(bytes, { mediaType: 'application/octet-stream', body: Uint8Array.of(255) })).inputs.image!.data, [Uint8Array.of(255)])
  t.same((await ask(numbers, { mediaType: 'application/octet-stream', body: new Uint8Array(Int32Array.of(1, 2, 3).buffer) })).inputs.x!.data, Int32Array.of(1, 2, 3))
  t.same((await ask(picture, { mediaType: 'application/octet-stream', shape: [1, 2, 2, 1], body: new Uint8Array(16) })).inputs.pixels!.shape, [1, 2, 2, 1])

  const form = await ask(mixed, {
    mediaType: 'multipart/form-data', body: new Uint8Array(),
    parts: [
      { name: 'text', mediaType: undefined, filename: undefined, data: Buffer.from('12') },
      { name: 'size', mediaType: undefined, filename: undefined, data: Buffer.from('1.5') },
      { name: 'photo', mediaType: 'image/png', filename: 'a.png', data: grey }
    ]
  })
  t.same(form.inputs.text!.data, [Buffer.from('12')], 'a text stays a text')
  t.match(form.inputs, { size: { data: Float32Array.of(1.5) }, photo: { dtype: 'DT_UINT8', shape: [1, 2, 2, 3] } })
  t.equal(form.text, '{"y":0.1}')
})

t.test('refusals', async t => {
  for (const [of, request, expected] of [
    [numbers, { mediaType: 'image/png', body: grey }, { code: 'REQUEST_MEDIA_TYPE', message: 'The media type image/png is not taken here; taken are application/json, multipart/form-data, application/octet-stream' }],
    [picture, { mediaType: 'text/plain', body: Buffer.from('x') }, { code: 'REQUEST_MEDIA_TYPE' }],
    [picture, { mediaType: 'image/png', body: Buffer.from('x') }, { code: 'REQUEST_INVALID', message: /no PNG, JPEG, WebP or GIF/ }],
    [picture, { mediaType: 'image/jpeg', body: new Uint8Array() }, { code: 'REQUEST_INVALID', message: /empty/ }],
    [bytes, { mediaType: 'text/plain', body: Uint8Array.of(255) }, { code: 'REQUEST_INVALID', message: /not valid UTF-8/ }],
    [numbers, { mediaType: 'multipart/form-data', body: new Uint8Array(), parts: [] }, { code: 'REQUEST_INVALID', errors: [{ pointer: '/x' }] }],
    [numbers, { mediaType: 'multipart/form-data', body: new Uint8Array(), parts: [{ name: 'x', mediaType: undefined, filename: undefined, data: Buffer.from('many') }] }, { code: 'REQUEST_INVALID', errors: [{ pointer: '/x', detail: 'must be a whole number (int32), not a string' }] }]
  ] as const) t.match(await failure(ask(of, request)), expected)
})

t.test('signatures', async t => {
  const usual = signature({}, {})
  const other = signature({}, {}, 'other')
  t.equal(chooseSignature(new Map([['serving_default', usual], ['other', other]]), ''), usual)
  t.equal(chooseSignature(new Map([['other', other]]), ''), other, 'the only one there is')
  t.throws(() => chooseSignature(new Map([['a', other], ['b', other]]), ''), { code: 'MODEL_SIGNATURE', message: /name one of a, b/ })
  t.throws(() => chooseSignature(new Map([['other', other]]), 'mine'), { code: 'MODEL_SIGNATURE', message: 'The model has no signature mine; it has other' })
  t.notOk(isOneInstance({ x: { dtype: 'DT_INT32', shape: [2, 3], data: new Int32Array(6) } }, numbers))
})
