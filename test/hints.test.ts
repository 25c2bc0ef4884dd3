import t from 'tap'
import { hints } from '../src/hints.js'
import { modelEntry, versionEntry } from './helpers/entry.js'

const signature = (inputs: [string, { dtype: 'DT_FLOAT' | 'DT_STRING' | 'DT_INT64' | 'DT_BOOL', shape: number[] | undefined }][]) => new Map([['serving_default', { name: 'serving_default', methodName: '', inputs: new Map(inputs), outputs: new Map() }]])
const model = (name: string, signatures: ReturnType<typeof signature>) => modelEntry({ name, versions: [versionEntry({ model: name, signatures })] })

t.test('calls that fit the signatures, small ones only', async t => {
  const text = hints('http://h:1', [
    model('one', signature([['x', { dtype: 'DT_FLOAT', shape: [-1] }]])),
    model('two words', signature([['a', { dtype: 'DT_STRING', shape: [-1, 1] }], ['b', { dtype: 'DT_INT64', shape: [-1, 2] }], ['c', { dtype: 'DT_BOOL', shape: undefined }]])),
    model('large', signature([['image', { dtype: 'DT_FLOAT', shape: [-1, 224, 224, 3] }]]))
  ], [])
  t.match(text, `curl -d '{"instances":[1.5]}' http://h:1/v1/models/one:predict`)
  t.match(text, `curl -d '{"instances":[{"a":["text"],"b":[1,1],"c":true}]}' http://h:1/v1/models/two%20words:predict`)
  t.notMatch(text, 'large:predict')
  t.match(text, 'Outrigger serves one, two words, large at http://h:1')
  t.notMatch(text, 'Not served')
  t.ok(text.split('\n').every(line => line.length < 300))
})

t.test('faults come first', async t => {
  const failed = modelEntry({ name: 'bad', versions: [versionEntry({ model: 'bad', state: 'failed', reason: 'broken file' })] })
  const text = hints('http://h:1', [failed], [{ model: 'none', reason: 'no version' }])
  t.match(text, /serves no model[^]*Not served:\n {2}none: no version\n {2}bad version 1: broken file/)
  t.notMatch(text, 'Try:')
})
