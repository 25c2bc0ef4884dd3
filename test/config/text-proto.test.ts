import t from 'tap'
import { parseModelServerConfig, parseTextProto } from '../../src/config/text-proto.js'

const fault = (source: string): string => {
  try {
    parseModelServerConfig(source)
  } catch (error) {
    return (error as Error).message
  }
  return 'no fault'
}

t.test('a list of models', async t => {
  const models = parseModelServerConfig(`
    # two of them
    model_config_list {
      config { name: "a" base_path: "/m/a" model_platform: "tensorflow" }
      config: <
        name: 'b', base_path: '/m/' 'b'; model_version_policy { specific { versions: 1 versions: 0x10 versions: [3, 9223372036854775807] } }
        version_labels { key: "stable" value: 1 }
        version_labels { key: 'canary', value: 16 }
        logging_config { log_collector_config { type: "file" } sampling_config { sampling_rate: 1.5e-1 } }
      >
      config { name: "c" base_path: "c" model_version_policy { latest { num_versions: 2 } } }
      config { name: "d" base_path: "d" model_version_policy { all { } } }
    }`)
  t.strictSame(models.map(({ name, basePath, policy }) => ({ name, basePath, policy })), [
    { name: 'a', basePath: '/m/a', policy: { kind: 'latest', count: 1 } },
    { name: 'b', basePath: '/m/b', policy: { kind: 'specific', versions: [1n, 16n, 3n, 9223372036854775807n] } },
    { name: 'c', basePath: 'c', policy: { kind: 'latest', count: 2 } },
    { name: 'd', basePath: 'd', policy: { kind: 'all' } }
  ])
  t.strictSame([...models[1]!.labels], [['stable', 1n], ['canary', 16n]])
})

t.test('nothing at all, and an empty list', async t => {
  t.strictSame(parseModelServerConfig(''), [])
  t.strictSame(parseModelServerConfig('model_config_list { }'), [])
  t.strictSame(parseModelServerConfig('\uFEFFmodel_config_list: {}'), [])
})

t.test('escapes in strings', async t => {
  const text = String.raw`model_config_list { config { name: "q\"\\ \303\244 \xe2\x82\xac \u00e9\U0001F600\n'" base_path: 'it\'s' } }`
  t.match(parseModelServerConfig(text)[0], { name: 'q"\\ ä € é😀\n\'', basePath: "it's" })
  t.match(fault(String.raw`model_config_list { config { name: "\q" } }`), /line 1: unknown escape \\q/)
})

t.test('faults name their line', async t => {
  t.match(fault('model_config_list {\n config {\n nmae: "a" } }'), /line 3: config has no field nmae; it has name/)
  t.match(fault('model_config_list {'), /field's name at the end of the file/)
  t.match(fault('model_config_list { config { name "a" } }'), /expected : or \{ after name/)
  t.match(fault('model_config_list { config { name: } }'), /expected a value/)
  t.match(fault('model_config_list { config { name: a base_path: "b" } }'), /expected a text in quotes/)
  t.match(fault('model_config_list { config { name: "a" base_path: "b" model_version_policy { specific { versions: -1 } } } }'), /is not a version number/)
  t.match(fault('model_config_list { config { name: "a" base_path: "b" model_version_policy { specific { versions: 9223372036854775808 } } } }'), /is not a version number/)
  t.match(fault('model_config_list { config { name: "a" base_path: "b" model_version_policy { specific { versions: x } } } }'), /expected a whole number/)
  t.match(fault('model_config_list { config { base_path: "b" } }'), /config needs a name/)
  t.match(fault('model_config_list { config { name: "a" } }'), /needs a base_path/)
  t.match(fault('model_config_list { config { name: "a" base_path: "b" model_platform: "onnx" } }'), /model_platform must be/)
  t.match(fault('model_config_list { config { name: "a" base_path: "b" } config { name: "a" base_path: "c" } }'), /listed twice/)
  t.match(fault('custom_model_config { }'), /custom_model_config is not supported/)
  t.match(fault('model_config_list: "x"'), /must be a message in braces/)
  t.match(fault('model_config_list { config { name: "a\n" } }'), /unexpected|expected/)
  t.match(fault('model_config_list { config { name: "a" model_version_policy { specific { versions: [1 2] } } } }'), /expected , or \]/)
  t.match(fault('model_config_list { config { name: "a" base_path: "b" version_labels { value: 1 } } }'), /label needs a key/)
})

t.test('a message is fields in order', async t => {
  t.strictSame(parseTextProto('a: 1 b { c: "x" }').fields.map(([name]) => name), ['a', 'b'])
})
