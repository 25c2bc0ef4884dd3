// One Classify call inside a worker: bytes in, bytes out. Source of the rules and words: tensorflow_serving/servables/tensorflow/classifier.cc.
import { writeModelSpec } from '../tensor/proto/predict.js'
import { Writer } from '../tensor/proto/wire.js'
import { ModelError, type LoadedModel } from './formats/format.js'
import { checkTakesExamples, outline, readExamples, signatureOf } from './examples.js'
import { FAILED_PRECONDITION, INVALID_ARGUMENT } from './status.js'
import type { DType } from '../tensor/dtype.js'
import type { Signature, Tensor } from '../tensor/tensor.js'

const invalid = (message: string): ModelError => new ModelError(INVALID_ARGUMENT, message)

/** One input `inputs`; one output or two, of which `classes` or `scores` at least. */
function check (signature: Signature): void {
  if (signature.inputs.size !== 1) throw invalid('Expected one input Tensor.')
  if (signature.outputs.size !== 1 && signature.outputs.size !== 2) throw invalid(`Expected one or two output Tensors, found ${signature.outputs.size}`)
  if (!signature.inputs.has('inputs')) throw new ModelError(FAILED_PRECONDITION, `No classification inputs found in SignatureDef: ${outline(signature)}`)
  if (!signature.outputs.has('classes') && !signature.outputs.has('scores')) {
    throw new ModelError(FAILED_PRECONDITION, `Expected classification signature outputs to contain at least one of "classes" or "scores". Signature was: ${outline(signature)}`)
  }
  checkTakesExamples(signature)
}

function checkOutput (tensor: Tensor | undefined, name: string, dtype: DType, examples: number): void {
  if (tensor === undefined) return
  if (tensor.shape.length !== 2) throw invalid(`Expected Tensor shape: [batch_size num_classes] but got [${tensor.shape.join(',')}]`)
  if (tensor.dtype !== dtype) throw invalid(`Expected ${name} Tensor of ${dtype}. Got: ${tensor.dtype}`)
  if (tensor.shape[0] !== examples) throw invalid(`Expected ${name} output batch size of ${examples}. Got: ${tensor.shape[0]}`)
}

/** Answers a ClassificationRequest: per example a list of classes, each with label and score where the signature gives them. Throws a ModelError. */
export function classify (model: LoadedModel, version: bigint, bytes: Uint8Array): Uint8Array {
  const { model: spec, examples } = readExamples(bytes)
  const signature = signatureOf(model, spec)
  check(signature)
  const { classes, scores } = model.run(signature.name, { inputs: examples }, ['classes', 'scores'].filter(name => signature.outputs.has(name)))
  const count = examples.data.length
  checkOutput(classes, 'classes', 'DT_STRING', count)
  checkOutput(scores, 'scores', 'DT_FLOAT', count)
  const width = (scores ?? classes).shape[1]
  if (classes !== undefined && classes.shape[1] !== width) throw invalid(`Tensors class and score should match in dim_size(1). Got ${classes.shape[1]} vs. ${width}`)

  const labels = classes?.data as readonly Uint8Array[] | undefined
  const values = scores?.data as Float32Array | undefined
  const writer = new Writer(64 + count * width * 16)
  writer.message(1, result => {
    for (let row = 0; row < count; row++) {
      result.message(1, list => {
        for (let i = row * width; i < (row + 1) * width; i++) {
          list.message(1, one => {
            if (labels !== undefined && labels[i].length > 0) one.bytes(1, labels[i])
            if (values !== undefined && !Object.is(values[i], 0)) one.float(2, values[i])
          })
        }
      })
    }
  })
  writeModelSpec(writer, 2, { name: spec.name, version, signatureName: signature.name })
  return writer.finish()
}
