// The one request shape of a handler, however the body came.
import { Type, type TSchema } from 'typebox'
import t from 'tap'
import { OutriggerError } from '../../src/errors.js'
import { Bytes, Picture } from '../../src/handlers/bytes.js'
import { requestReader } from '../../src/handlers/request.js'
import type { FormPart } from '../../src/handlers/version-handler.js'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value))
const part = (name: string, data: Uint8Array | string, mediaType?: string, filename?: string): FormPart => ({ name, data: typeof data === 'string' ? text(data) : data, mediaType, filename })

const schema = Type.Object({
  picture: Picture(),
  top: Type.Optional(Type.Integer({ minimum: 1, default: 3 })),
  exact: Type.Optional(Type.Boolean()),
  mode: Type.Optional(Type.Union([Type.Literal('fast'), Type.Literal('good')])),
  note: Type.Optional(Type.String()),
  box: Type.Optional(Type.Array(Type.Number(), { minItems: 4, maxItems: 4 }))
}, { additionalProperties: false })

const reader = requestReader(schema as never)
const json = (value: unknown, of = reader): unknown => of.read({ mediaType: 'application/json', body: text(JSON.stringify(value)) })

function faults (read: () => unknown): OutriggerError {
  try {
    read()
  } catch (error) {
    if (error instanceof OutriggerError) return error
    throw error
  }
  throw new Error('it was taken')
}

t.test('one shape', async t => {
  t.same(reader.mediaTypes, ['application/json', 'multipart/form-data', 'image/png', 'image/jpeg'])
  const wanted = { picture: bytes(1, 2, 3), top: 3 }
  t.same(json({ picture: 'AQID' }), wanted, 'base64')
  t.same(json({ picture: { b64: 'AQID' } }), wanted, 'an object with base64')
  t.same(json({ picture: 'data:image/png;base64,AQID' }), wanted, 'a data URL')
  t.same(reader.read({ mediaType: 'image/jpeg', body: bytes(1, 2, 3) }), wanted, 'the whole body')
  t.same(reader.read({ mediaType: 'multipart/form-data', body: bytes(), parts: [part('picture', bytes(1, 2, 3), 'image/png', 'a.png')] }), wanted, 'a file of a form')
  t.same(reader.read({
    mediaType: 'multipart/form-data', body: bytes(),
    parts: [part('picture', bytes(1), 'application/octet-stream', 'a'), part('top', '5'), part('exact', 'true'), part('mode', 'good'), part('note', '007'), part('box', '[1, 2, 3, 4]')]
  }), { picture: bytes(1), top: 5, exact: true, mode: 'good', note: '007', box: [1, 2, 3, 4] }, 'fields by the types of the schema')
})

t.test('all faults by pointer', async t => {
  t.match(faults(() => json({ top: 0, mode: 'slow', box: [1, 2, 'x'], zoom: 1 })), {
    code: 'HANDLER_INPUT',
    errors: [
      { pointer: '/picture', detail: 'is missing' },
      { pointer: '/zoom', detail: 'is not known' },
      { pointer: '/top' }, { pointer: '/mode' }, { pointer: '/box/2' }
    ]
  })
  const all = faults(() => json({ picture: '!', top: 0, mode: 'slow', box: [1, 2, 'x', 4] })).errors!.map(({ pointer, detail }) => `${pointer} ${detail}`)
  t.same(all.sort(), ['/box/2 must be number', '/mode must be one of "fast", "good"', '/picture must be base64 text or {"b64": "…"}', '/top must be >= 1'])
  t.match(faults(() => json({ picture: '' })), { errors: [{ pointer: '/picture', detail: 'is empty' }] })
  t.match(faults(() => json([1])), { code: 'HANDLER_INPUT' })
  t.match(faults(() => reader.read({ mediaType: 'multipart/form-data', body: bytes(), parts: [part('picture', bytes(1), 'text/csv', 'a.csv')] })), { errors: [{ pointer: '/picture', detail: 'is text/csv; taken are image/png, image/jpeg' }] })
  t.match(faults(() => reader.read({ mediaType: 'multipart/form-data', body: bytes(), parts: [part('top', 'many'), part('top', '1'), part('picture', bytes(1), undefined, 'a')] })), { errors: [{ pointer: '/top', detail: 'is given more than once' }] })
  t.match(faults(() => reader.read({ mediaType: 'multipart/form-data', body: bytes(), parts: [part('top', 'many'), part('picture', bytes(1), undefined, 'a')] })), { errors: [{ pointer: '/top', detail: 'must be integer' }] })
  t.match(faults(() => reader.read({ mediaType: 'image/gif', body: bytes(1) })), { code: 'REQUEST_MEDIA_TYPE', message: /image\/gif is not taken here; taken are application\/json, multipart\/form-data, image\/png, image\/jpeg/ })
  t.match(faults(() => reader.read({ mediaType: 'application/json', body: text('{"picture"') })), { code: 'REQUEST_NOT_JSON' })
  t.match(faults(() => reader.read({ mediaType: 'application/json', body: text('{"picture":"AQID","top":9007199254740993}') })), { code: 'HANDLER_INPUT', message: /9007199254740993 is beyond/ })
})

t.test('lists of files and nested bytes', async t => {
  const many = requestReader(Type.Object({ pages: Type.Array(Bytes()), about: Type.Optional(Type.Object({ thumb: Bytes() })) }) as never)
  t.same(many.read({ mediaType: 'multipart/form-data', body: bytes(), parts: [part('pages', bytes(1), 'image/png', 'a'), part('pages', bytes(2), 'image/png', 'b')] }), { pages: [bytes(1), bytes(2)] })
  t.same(json({ pages: ['AQ==', 'Ag=='], about: { thumb: 'Aw' } }, many), { pages: [bytes(1), bytes(2)], about: { thumb: bytes(3) } })
  t.match(faults(() => json({ pages: ['AQ==', '?'] }, many)), { errors: [{ pointer: '/pages/1' }] })
  t.same(many.mediaTypes, ['application/json', 'multipart/form-data'])
})

t.test('texts, bytes and no schema at all', async t => {
  const read = (schema: TSchema | undefined, mediaType: string, body: Uint8Array): unknown => requestReader(schema as never).read({ mediaType, body })
  t.equal(read(Type.String({ maxLength: 3 }), 'text/plain', text('hoi')), 'hoi')
  t.match(faults(() => read(Type.String({ maxLength: 3 }), 'text/plain', text('hallo'))), { code: 'HANDLER_INPUT' })
  t.same(read(Type.Object({ text: Type.String(), language: Type.Optional(Type.String()) }), 'text/plain', text('hoi')), { text: 'hoi' }, 'the one required text')
  t.match(faults(() => read(Type.Object({ text: Type.String(), title: Type.String() }), 'text/plain', text('hoi'))), { code: 'REQUEST_MEDIA_TYPE' }, 'not where it would not be enough')
  t.match(faults(() => read(Type.String(), 'text/plain', bytes(255))), { code: 'HANDLER_INPUT' })
  t.same(read(Bytes({ mediaTypes: ['audio/*'] }), 'audio/wav', bytes(1)), bytes(1))
  t.match(faults(() => read(Bytes({ mediaTypes: ['audio/*'] }), 'image/png', bytes(1))), { code: 'REQUEST_MEDIA_TYPE' })
  t.same(read(undefined, 'image/png', bytes(1)), bytes(1))
  t.same(read(undefined, '', text('[1]')), [1])
  t.same(read(undefined, 'application/vnd.api+json', text('[1]')), [1])
  t.throws(() => requestReader({ type: 'object', properties: { a: { type: 'string', pattern: '(' } } }), 'a schema that is none')
})

t.test('numbers and nesting that no schema asked for', async t => {
  const read = (body: string): unknown => reader.read({ mediaType: 'application/json', body: text(body) })
  for (const digits of ['9'.repeat(308), '9'.repeat(309), '9'.repeat(5000), '9007199254740993']) t.match(faults(() => read(`{"picture": "AQID", "top": ${digits}}`)), { code: 'HANDLER_INPUT' }, `${digits.length} digits`)
  const deep = '['.repeat(50_000) + ']'.repeat(50_000)
  t.match(faults(() => read(`{"picture": "AQID", "box": ${deep}}`)), { code: 'REQUEST_INVALID', message: /nested deeper/ })
  t.match(faults(() => reader.read({ mediaType: 'multipart/form-data', body: bytes(), parts: [part('picture', bytes(1), 'image/png', 'a.png'), part('box', ` ${deep}`)] })), { code: 'HANDLER_INPUT' }, 'in a form too')
})
