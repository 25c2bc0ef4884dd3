import t from 'tap'
import { envWord, fileSchema, fileWord, flagWord, settings } from '../../src/config/schema.js'
import type { Setting } from '../../src/config/kinds.js'

t.test('one key, three spellings', async t => {
  t.equal(fileWord('requestTimeoutMs'), 'request_timeout')
  t.equal(flagWord('bodyLimitBytes'), 'body-limit')
  t.equal(envWord('drainDelayMs'), 'OUTRIGGER_DRAIN_DELAY')
})

t.test('words are unique and every default is valid', async t => {
  const entries = Object.entries(settings) as [string, Setting<unknown>][]
  t.equal(new Set(entries.map(([key]) => fileWord(key))).size, entries.length)
  for (const [key, setting] of entries) {
    t.ok(setting.description.endsWith('.') || setting.description.endsWith(')'), `${key} is described`)
    if (setting.default !== undefined) t.doesNotThrow(() => setting.parse(setting.default!), key)
  }
})

t.test('the schema of the file knows every key and no other', async t => {
  const { properties, additionalProperties } = fileSchema as unknown as { properties: object, additionalProperties: boolean }
  t.equal(additionalProperties, false)
  t.strictSame(Object.keys(properties).sort(), Object.keys(settings).filter(key => key !== 'config').map(fileWord).sort())
})
