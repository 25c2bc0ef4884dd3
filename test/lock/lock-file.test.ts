// models.lock: written the same for the same pins, read back, and refused when it is none.
import { join } from 'node:path'
import t from 'tap'
import { lockText, parseLock, pinsFrom, readLock } from '../../src/lock/lock-file.js'

const sum = 'a'.repeat(64)
const lock = new Map([['m', new Map([['2', new Map([['b', sum], ['a', sum]])], ['10', new Map([['__proto__', sum]])]])]])

t.test('there and back', async t => {
  const text = lockText(lock)
  t.same(parseLock(text, 'models.lock'), lock)
  t.equal(lockText(parseLock(text, 'models.lock')), text)
  t.ok(text.indexOf('"a"') < text.indexOf('"b"'))
})

t.test('what is no lock', async t => {
  for (const text of ['', '[]', '{"lock":2,"models":{}}', '{"lock":1}', '{"lock":1,"models":{"m":1}}', '{"lock":1,"models":{"m":{"1":[]}}}', `{"lock":1,"models":{"m":{"1":{"a":"${sum}"}}}}`]) {
    t.throws(() => parseLock(text, 'models.lock'), { code: 'CONFIG_INVALID', message: /^models\.lock is no models\.lock: / }, text)
  }
  await t.rejects(readLock('/nonexistent'), { code: 'CONFIG_INVALID', message: /ENOENT/ })
})

t.test('the pins of a version', async t => {
  const file = join(t.testdir({ 'models.lock': lockText(lock) }), 'models.lock')
  t.same(await pinsFrom(file, 'm', 2n), new Map([['a', sum], ['b', sum]]))
  await t.rejects(pinsFrom(file, 'm', 3n), { code: 'MODEL_NOT_PINNED', model: 'm', version: 3n })
  await t.rejects(pinsFrom(file, 'other', 2n), { code: 'MODEL_NOT_PINNED' })
})
