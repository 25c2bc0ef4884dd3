// protos/ agrees with the originals' descriptors where those are at hand, and the script that compares them sees every kind of difference.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../../', import.meta.url))
const set = join(root, '../shared/reference/descriptors/tensorflow_serving.desc')
const skip = existsSync(set) ? false : 'the descriptors of the originals are not at hand'

const compare = (...args: string[]) => spawnSync(process.execPath, [join(root, 'scripts/compare-protos.mjs'), ...args], { encoding: 'utf8', env: {} })

t.test('no difference', { skip }, async t => {
  // The set does not have it; test/tensor/proto/prediction-log.test.ts holds it to bytes that the original's own classes wrote.
  const run = compare('--without', 'prediction_log.proto', set)
  t.equal(run.status, 0, run.stdout + run.stderr)
})

t.test('a wrong name, number, type, label, packing, enum value, package or rpc is named', { skip }, async t => {
  const folder = join(t.testdir(), 'protos')
  cpSync(join(root, 'protos'), folder, { recursive: true })
  const change = (file: string, from: string, to: string): void => {
    const path = join(folder, file)
    const text = readFileSync(path, 'utf8')
    t.ok(text.includes(from), `${file} has ${from}`)
    writeFileSync(path, text.replaceAll(from, to))
  }
  change('tensorflow_serving/config/model_server_config.proto', 'string base_path = 2', 'bytes base_path = 2')
  change('tensorflow_serving/config/model_server_config.proto', 'string model_platform = 4', 'string model_platform = 5')
  change('tensorflow_serving/config/model_server_config.proto', 'map<string, int64>', 'map<string, string>')
  change('tensorflow_serving/apis/get_model_status.proto', 'AVAILABLE = 30', 'AVAILABLE = 31')
  change('tensorflow_serving/apis/inference.proto', 'method_name = 2', 'method = 2')
  change('tensorflow_serving/apis/input.proto', 'package tensorflow.serving', 'package tensorflow.serve')
  change('tensorflow_serving/apis/classification.proto', 'Input input = 2', 'tensorflow.serve.Input input = 2')
  change('tensorflow_serving/apis/regression.proto', 'Input input = 2', 'tensorflow.serve.Input input = 2')
  change('tensorflow_serving/apis/inference.proto', 'Input input = 2', 'tensorflow.serve.Input input = 2')
  change('tensorflow/core/framework/tensor.proto', 'repeated float float_val = 5', 'float float_val = 5')
  change('tensorflow/core/framework/tensor.proto', 'double_val = 6', 'double_val = 6 [packed = false]')
  change('tensorflow_serving/apis/prediction_service.proto', 'Regress(RegressionRequest)', 'Regress(ClassificationRequest)')
  const run = compare('--protos', folder, set)
  t.equal(run.status, 1)
  for (const place of [
    'tensorflow.serving.ModelConfig, field 2:', 'tensorflow.serving.ModelConfig, field 5:', 'tensorflow.serving.ModelConfig, field 8:',
    'tensorflow.serving.ModelVersionStatus.State, value 31:', 'tensorflow.serving.InferenceTask, field 2:', 'message tensorflow.serve.Input:',
    'tensorflow.TensorProto, field 5:', 'tensorflow.TensorProto, field 6:', 'tensorflow.serving.PredictionService, rpc Regress:'
  ]) t.match(run.stdout, place)
})

t.test('without a set it says how it is used', async t => {
  const run = compare()
  t.equal(run.status, 2)
  t.match(run.stderr, 'usage:')
})
