// Loads protos/ once and gives encoders and decoders for the cold messages, and the method paths. Knows no connection; the hot pair of predict has its own codec in tensor/.
import { fileURLToPath } from 'node:url'
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader'
import type * as m from './messages.js'

/** src/grpc/ and dist/grpc/ both lie two folders below the package's root, where protos/ is. */
const protoRoot = fileURLToPath(new URL('../../protos/', import.meta.url))

const definitions = loadSync(
  ['tensorflow_serving/apis/prediction_service.proto', 'tensorflow_serving/apis/model_service.proto', 'tensorflow_serving/apis/prediction_log.proto', 'tensorflow/core/protobuf/meta_graph.proto'],
  { includeDirs: [protoRoot], keepCase: true, longs: String, enums: String, defaults: true, oneofs: true }
)

export interface Codec<T> {
  /** Bytes of the message. Throws an Error for a value that does not fit its field. */
  encode (message: T): Buffer
  /** Throws an Error when the bytes are not a message of this type. */
  decode (bytes: Uint8Array): T
}

function codec<T extends object> (name: string): Codec<T> {
  const { serialize, deserialize } = definitions[name] as unknown as MessageTypeDefinition<T, T>
  return {
    encode: message => serialize(message),
    decode: bytes => deserialize(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  }
}

export const codecs = {
  modelSpec: codec<m.ModelSpec>('tensorflow.serving.ModelSpec'),
  tensor: codec<m.TensorProto>('tensorflow.TensorProto'),
  signatureDefMap: codec<m.SignatureDefMap>('tensorflow.serving.SignatureDefMap'),
  predictRequest: codec<m.PredictRequest>('tensorflow.serving.PredictRequest'),
  predictResponse: codec<m.PredictResponse>('tensorflow.serving.PredictResponse'),
  classificationRequest: codec<m.ClassificationRequest>('tensorflow.serving.ClassificationRequest'),
  classificationResponse: codec<m.ClassificationResponse>('tensorflow.serving.ClassificationResponse'),
  regressionRequest: codec<m.RegressionRequest>('tensorflow.serving.RegressionRequest'),
  regressionResponse: codec<m.RegressionResponse>('tensorflow.serving.RegressionResponse'),
  predictionLog: codec<m.PredictionLog>('tensorflow.serving.PredictionLog'),
  getModelMetadataRequest: codec<m.GetModelMetadataRequest>('tensorflow.serving.GetModelMetadataRequest'),
  getModelMetadataResponse: codec<m.GetModelMetadataResponse>('tensorflow.serving.GetModelMetadataResponse'),
  getModelStatusRequest: codec<m.GetModelStatusRequest>('tensorflow.serving.GetModelStatusRequest'),
  getModelStatusResponse: codec<m.GetModelStatusResponse>('tensorflow.serving.GetModelStatusResponse'),
  reloadConfigRequest: codec<m.ReloadConfigRequest>('tensorflow.serving.ReloadConfigRequest'),
  reloadConfigResponse: codec<m.ReloadConfigResponse>('tensorflow.serving.ReloadConfigResponse')
} as const

/** `type_url` of the Any under `signature_def` in GetModelMetadataResponse. */
export const signatureDefMapTypeUrl = 'type.googleapis.com/tensorflow.serving.SignatureDefMap'

/** The full method names, for Channel.unary. */
export const methods = {
  predict: '/tensorflow.serving.PredictionService/Predict',
  classify: '/tensorflow.serving.PredictionService/Classify',
  regress: '/tensorflow.serving.PredictionService/Regress',
  multiInference: '/tensorflow.serving.PredictionService/MultiInference',
  getModelMetadata: '/tensorflow.serving.PredictionService/GetModelMetadata',
  getModelStatus: '/tensorflow.serving.ModelService/GetModelStatus',
  handleReloadConfig: '/tensorflow.serving.ModelService/HandleReloadConfigRequest'
} as const
