// Reading bodies: media types, forms, the header outrigger-shape.
import t from 'tap'
import { mediaTypeOf, readForm, shapeOf } from '../../../../src/http/routes/evaluate/body.js'

t.same(['Image/PNG; q=1', ' text/plain', undefined, ''].map(mediaTypeOf), ['image/png', 'text/plain', '', ''])
t.same(['1,2', '[1, 2]', '[]', '7'].map(shapeOf), [[1, 2], [1, 2], [], [7]])
t.equal(shapeOf(undefined), undefined)
for (const bad of ['1;2', '-1', 'x', '1,,2', ['1', '2']]) t.throws(() => shapeOf(bad), { code: 'REQUEST_INVALID' })

t.test('forms', async t => {
  const form = new FormData()
  form.append('text', 'héé')
  form.append('file', new Blob([Uint8Array.of(0, 13, 10, 255)], { type: 'Image/PNG; x=1' }), 'a "b".png')
  const request = new Request('http://x', { method: 'POST', body: form })
  const parts = await readForm(new Uint8Array(await request.arrayBuffer()), request.headers.get('content-type')!)
  t.match(parts, [
    { name: 'text', mediaType: undefined, filename: undefined, data: new Uint8Array(Buffer.from('héé')) },
    { name: 'file', mediaType: 'image/png', filename: /a .*\.png/, data: Uint8Array.of(0, 13, 10, 255) }
  ])
  const boundless = Buffer.from('--b\r\nContent-Disposition: form-data; name="p"; filename="p.png"\r\n\r\nx\r\n--b--\r\n')
  t.match(await readForm(boundless, 'multipart/form-data; boundary=b'), [{ name: 'p', filename: 'p.png', mediaType: undefined }], 'a file whose type nobody says')
  const many = new FormData()
  for (let i = 0; i <= 1000; i++) many.append('a', '1')
  const big = new Request('http://x', { method: 'POST', body: many })
  await t.rejects(readForm(new Uint8Array(await big.arrayBuffer()), big.headers.get('content-type')!), { code: 'REQUEST_INVALID', message: /1001 parts/ })
})
