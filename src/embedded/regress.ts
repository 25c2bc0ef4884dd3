// One Regress call inside a worker: bytes in, bytes out. Source of the rules and words: tensorflow_serving/servables/tensorflow/regressor.cc.
import { writeModelSpec } from '../tensor/proto/predict.js'
import { Writer } from '../tensor/proto/wire.js'
import { ModelError, type LoadedModel } from './formats/format.js'
import { checkTakesExamples, outline, readExamples, signatureOf } from './examples.js'
import { FAILED_PRECONDITION, INVALID_ARGUMENT } from './status.js'
import type { Signature, Tensor } from '../tensor/tensor.js'

const invalid = (message: string): ModelError => new ModelError(INVALID_ARGUMENT, message)

/** One input `inputs`, one output `outputs`. */
function check (signature: Signature): void {
  if (signature.inputs.size !== 1) throw invalid('Expected one input Tensor.')
  if (signature.outputs.size !== 1) throw invalid('Expected one output Tensor.')
  if (!signature.inputs.has('inputs')) throw new ModelError(FAILED_PRECONDITION, `No regression inputs found in SignatureDef: ${outline(signature)}`)
  if (!signature.outputs.has('outputs')) throw new ModelError(FAILED_PRECONDITION, `No regression outputs found in SignatureDef: ${outline(signature)}`)
  checkTakesExamples(signature)
}

function checkOutput ({ dtype, shape }: Tensor, examples: number): void {
  if (shape.length !== 1 && !(shape.length === 2 && shape[1] === 1)) {
    throw invalid(`Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got [${shape.join(',')}]`)
  }
  if (shape[0] !== examples) throw invalid(`Input batch size did not match output batch size: ${examples} vs. ${shape[0]}`)
  if (dtype !== 'DT_FLOAT') throw invalid(`Expected output Tensor of DT_FLOAT.  Got: ${dtype}`)
}

/** Answers a RegressionRequest: one value per example. Throws a ModelError. */
export function regress (model: LoadedModel, version: bigint, bytes: Uint8Array): Uint8Array {
  const { model: spec, examples } = readExamples(bytes)
  const signature = signatureOf(model, spec)
  check(signature)
  const { outputs } = model.run(signature.name, { inputs: examples }, [])
  checkOutput(outputs, examples.data.length)
  const writer = new Writer(64 + examples.data.length * 8)
  writer.message(1, result => {
    for (const value of outputs.data as Float32Array) {
      result.message(1, one => { if (!Object.is(value, 0)) one.float(1, value) })
    }
  })
  writeModelSpec(writer, 2, { name: spec.name, version, signatureName: signature.name })
  return writer.finish()
}
