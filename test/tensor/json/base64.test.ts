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

t.test('the short way and the reference say the same', async t => {
  // A blank before the text is skipped, and sends it the long way.
  const careful = (text: Buffer): Buffer | undefined => decodeBase64(Buffer.concat([Buffer.from(' '), text]))
  const odd = [...'-_=. +/A0\n', '\0', '\x80', '\xff', ''].map(character => Buffer.from(character, 'latin1'))
  for (let length = 0; length < 20; length++) {
    const text = Buffer.from(Buffer.alloc(length, 0xa5).toString('base64'))
    for (const whole of [text, text.subarray(0, -1), text.subarray(0, -2)]) {
      for (let at = 0; at <= whole.length; at++) {
        for (const character of odd) {
          const mutated = Buffer.concat([whole.subarray(0, at), character, whole.subarray(at + 1)])
          if (!same(decodeBase64(mutated), careful(mutated))) t.fail(JSON.stringify(mutated.toString('latin1')))
        }
      }
    }
  }
  t.ok(careful(Buffer.from('aGk=')))
})

const same = (one: Buffer | undefined, other: Buffer | undefined): boolean => one === undefined || other === undefined ? one === other : one.equals(other)
