// Valid requests of every route: from the OpenAPI document's examples, and by hand where it has none. The ground that mutations start from. No tests here.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

export type Header = readonly [name: string, value: string]

export interface Request {
  readonly method: string
  readonly target: string
  /** Without Host and what frames the body. */
  readonly headers: readonly Header[]
  readonly body: Buffer
}

interface Operation { readonly requestBody?: { readonly content: Readonly<Record<string, { readonly examples?: Readonly<Record<string, { readonly value: unknown }>> }>> } }
export interface Paths { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation | undefined>>>> }

const none = Buffer.alloc(0)
const jsonType: Header = ['Content-Type', 'application/json']

const get = (target: string, ...headers: Header[]): Request => ({ method: 'GET', target, headers, body: none })
const post = (target: string, type: string, body: Buffer | string, ...headers: Header[]): Request => ({ method: 'POST', target, headers: [['Content-Type', type], ...headers], body: Buffer.from(body as string) })
const json = (target: string, value: unknown, ...headers: Header[]): Request => post(target, 'application/json', JSON.stringify(value), ...headers)

const boundary = 'fuzz-boundary'

export interface Part { readonly name: string, readonly filename?: string, readonly type?: string, readonly data: Buffer | string }

export function form (target: string, parts: readonly Part[]): Request {
  const pieces = parts.flatMap(({ name, filename, type, data }) => [
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}\r\n${type === undefined ? '' : `Content-Type: ${type}\r\n`}\r\n`),
    Buffer.from(data as string), Buffer.from('\r\n')
  ])
  return post(target, `multipart/form-data; boundary=${boundary}`, Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]))
}

/** Each place where a path may name a version. */
const places = (model: string, version: string, label: string): string[] => [`/models/${model}`, `/models/${model}/versions/${version}`, `/models/${model}/labels/${label}`]

const doubles = (...values: number[]): Buffer => Buffer.from(Float64Array.from(values).buffer)
const singles = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer)

function byHand (pictures: string): Request[] {
  const png = readFileSync(join(pictures, 'five-82x59.png'))
  const jpeg = readFileSync(join(pictures, 'three-88x74.jpeg'))
  const passenger = { fare: 7, sex: 'male', embarked: 'Q', pclass: '3', age: 27 }
  const passengers = { fare: [[7], [9]], sex: [['male'], ['female']], embarked: [['Q'], ['S']], pclass: [['3'], ['2']], age: [[27], [38]] }
  const kinds = { d: [1.5, 2.5], i: [[1, 2], [3, 4]], l: [9007199254740993n, -1n].map(String), b: [[[true]], [[false]]], u: 200, any: [[1, 2], [3, 4]] }
  const kindsText = JSON.stringify(kinds).replace(/"(-?\d+)"/g, '$1')
  const rows = { instances: [{ fare: [7], sex: ['male'], embarked: ['Q'], pclass: ['3'], age: [27] }, { fare: [9], sex: ['female'], embarked: ['S'], pclass: ['2'], age: [38] }] }
  const someExamples = { signature_name: 'serving_default', context: { y: [1] }, examples: [{ x: 1.5 }, { x: [2.5], s: 'text', n: 7, b: { b64: 'AAECAw==' } }] }
  return [
    ...['/', '/docs', '/docs/', '/docs/static/index.html', '/favicon.ico', '/models', '/models/titanic', '/models/none', '/describe', '/health', '/health/live', '/health/ready', '/metrics', '/version', '/openapi.json'].map(path => get(path)),
    get('/metrics', ['Accept', 'application/openmetrics-text; version=1.0.0']),
    ...places('half_plus_two', '1', 'rows').flatMap(place => [get(place), json(`${place}/evaluate`, { x: [1, 2, 5] }), json(`${place}/evaluate`, { x: 3 })]),
    ...places('linear', '3', 'stable').flatMap(place => [
      get(place),
      json(`${place}/evaluate`, { x: 4 }), json(`${place}/evaluate`, { x: [1, 2] }), json(`${place}/evaluate?signature=serving_default`, { x: 4 }),
      post(`${place}/evaluate`, 'application/octet-stream', singles(1, 2, 3)), post(`${place}/evaluate`, 'application/octet-stream', singles(1, 2, 3, 4), ['outrigger-shape', '4']),
      form(`${place}/evaluate`, [{ name: 'x', data: '[1, 2]' }])
    ]),
    json('/models/linear/evaluate', {}, ['outrigger-signature', 'bump']),
    json('/models/titanic/evaluate', passenger), json('/models/titanic/evaluate', passengers, ['x-request-id', 'fuzz-1']),
    form('/models/titanic/evaluate', Object.entries(passenger).map(([name, value]) => ({ name, data: String(value) }))),
    post('/models/kinds/evaluate', 'application/json', kindsText),
    json('/models/text/evaluate', { s: 'grüezi' }), json('/models/text/evaluate', { s: ['a', { b64: 'AAEC/w==' }] }), post('/models/text/evaluate', 'text/plain; charset=utf-8', 'ein Text, ünd mehr'),
    post('/models/text/evaluate', 'application/octet-stream', Buffer.from([0, 1, 2, 255])), post('/models/bytes/evaluate', 'image/png', png), form('/models/bytes/evaluate', [{ name: 's', filename: 'a.bin', type: 'application/octet-stream', data: png }]),
    post('/models/picture/evaluate', 'image/png', png), post('/models/picture/evaluate', 'image/jpeg', jpeg), json('/models/picture/evaluate', { image: [[[[1, 2, 3], [4, 5, 6]]]] }),
    post('/models/picture/evaluate', 'application/octet-stream', Buffer.alloc(24, 7), ['outrigger-shape', '1,2,4,3']),
    post('/models/grid/evaluate', 'application/octet-stream', singles(1, 2, 3, 4), ['outrigger-shape', '2,2']), json('/models/grid/evaluate', { g: [[1, 2], [3, 4]] }), json('/models/grid/evaluate', { g: [1, 2] }), json('/v1/models/grid:predict', { instances: [[1], [2]] }),
    form('/models/half_plus_two/evaluate', [{ name: 'x', type: 'application/json', data: '[1, 2]' }, { name: 'unit', data: 'm' }]),
    post('/models/digits/evaluate', 'image/png', png), post('/models/digits/evaluate', 'image/jpeg', jpeg),
    form('/models/digits/evaluate', [{ name: 'picture', filename: 'five.png', type: 'image/png', data: png }]), form('/models/digits/evaluate', [{ name: 'picture', filename: 'five.png', data: png }]),
    json('/models/digits/evaluate', { picture: jpeg.toString('base64') }), json('/models/digits/evaluate', { picture: { b64: png.toString('base64') } }),
    json('/v1/models/half_plus_two:predict', { instances: [1, 2, 5] }), json('/v1/models/half_plus_two/versions/1:predict', { inputs: { x: [1, 2, 5] } }), json('/v1/models/half_plus_two/labels/plain:predict', { instances: [{ x: 0 }] }),
    json('/v1/models/titanic:predict', rows), json('/v1/models/titanic:predict', { signature_name: 'serving_default', inputs: passengers }),
    post('/v1/models/titanic:predict', 'application/json', gzipSync(JSON.stringify(rows)), ['Content-Encoding', 'gzip']),
    post('/v1/models/kinds:predict', 'application/json', `{"inputs": ${kindsText}}`),
    json('/v1/models/text:predict', { instances: ['a', { b64: 'AAEC/w==' }] }), json('/v1/models/bytes:predict', { inputs: [['ä'], ['b']] }), json('/v1/models/linear:predict', { instances: Array.from({ length: 600 }, (_, i) => i / 4) }),
    json('/v1/models/picture:predict', { instances: [[[[1, 2, 3], [4, 5, 6]]]] }),
    json('/v1/models/examples:regress', someExamples), json('/v1/models/examples:classify', { ...someExamples, signature_name: 'classes' }), json('/v1/models/examples/versions/1:regress', { examples: [{ x: 1 }] }),
    ...['', '/metadata', '/versions/1', '/versions/1/metadata', '/labels/rows', '/labels/rows/metadata'].map(rest => get(`/v1/models/half_plus_two${rest}`)),
    get('/v1/models/titanic/metadata'), get('/v1/models/kinds/metadata'), get('/v1/models/none'),
    { method: 'OPTIONS', target: '/v1/models/titanic:predict', headers: [['Origin', 'https://example.com']], body: none },
    { method: 'HEAD', target: '/health', headers: [], body: none },
    post('/shutdown', 'application/json', '{"mode": "someday"}'),
    post('/models/linear/evaluate', 'application/octet-stream', doubles(1)),
    get('/v2'), get('/v2/health/ready'), json('/models/titanic/explain', passenger), get('/changes')
  ]
}

/** The examples of the document's operations, and a GET for every path without parameters. */
function declared ({ paths }: Paths): Request[] {
  return Object.entries(paths).flatMap(([path, { get: read, post: write }]) => {
    if (path.includes('{') || path === '/shutdown') return []
    const given = Object.values(write?.requestBody?.content['application/json']?.examples ?? {})
    return [...(read === undefined ? [] : [get(path)]), ...given.map(({ value }) => json(path, value))]
  })
}

export const validRequests = (document: Paths, pictures: string): Request[] => [...byHand(pictures), ...declared(document)]

export { jsonType }
