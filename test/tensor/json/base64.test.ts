// tensor/json/base64.ts: alphabet, padding and white space.
import t from 'tap'
import { decodeBase64 } from '../../../src/tensor/json/base64.js'

const decoded = (text: string): string | undefined => decodeBase64(Buffer.from(text))?.toString('latin1')

t.test('what decodes', async t => {
  t.equal(decoded(''), '')
  t.equal(decoded('aGk='), 'hi')
  t.equal(decoded('aGk'), 'hi')
  t.equal(decoded('aA=='), 'h')
  t.equal(decoded('aA'), 'h')
  t.equal(decoded('aA..'), 'h')
  t.equal(decoded('aGk.'), 'hi')
  t.equal(decoded('aGkh'), 'hi!')
  t.equal(decoded(' a\nG\tk\r=\v\f'), 'hi')
  t.equal(decoded('a A = ='), 'h')
  t.equal(decoded('++//'), '\xfb\xef\xff')
  for (let length = 0; length < 50; length++) {
    const bytes = Buffer.from(Array.from({ length }, (_, i) => i * 31 & 255))
    t.same(decodeBase64(Buffer.from(bytes.toString('base64'))), bytes)
  }
})

t.test('what does not', async t => {
  for (const text of ['a', 'aGkha', '-_-_', 'aA=', 'aA===', 'aGk==', 'aGkh=', 'aG=k', '=', '==', '!!!!', 'é', 'aGk=x', 'aA=.=']) t.equal(decoded(text), undefined, text)
})
