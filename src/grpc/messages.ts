// Types of the messages in protos/ as the protobuf library gives and takes them: field names as on the wire, 64-bit integers as decimal strings, enums by name, bytes as Buffer.

/**
 * Fields marked `?` may be left out when encoding; decoded messages hold every field (scalars with their default, messages as null)
 * except the members of a oneof that are not set, and for each oneof a field of its name that says which member is.
 */
export interface ModelSpec {
  name: string
  version?: { value: string } | null
  version_label?: string
  version_choice?: 'version' | 'version_label'
  signature_name?: string
}

export interface TensorShapeProto {
  dim?: { size: string, name?: string }[]
  unknown_rank?: boolean
}

/** A member that the library has no name for (a newer server's enum value) is its number. */
export type DataTypeName = string | number

export interface TensorProto {
  dtype: DataTypeName
  tensor_shape?: TensorShapeProto | null
  version_number?: number
  tensor_content?: Uint8Array
  half_val?: number[]
  float_val?: number[]
  double_val?: number[]
  int_val?: number[]
  string_val?: Uint8Array[]
  scomplex_val?: number[]
  int64_val?: string[]
  bool_val?: boolean[]
  dcomplex_val?: number[]
  uint32_val?: number[]
  uint64_val?: string[]
}

export interface TensorInfoProto {
  name?: string
  coo_sparse?: { values_tensor_name: string, indices_tensor_name: string, dense_shape_tensor_name: string }
  encoding?: 'name' | 'coo_sparse'
  dtype: DataTypeName
  tensor_shape?: TensorShapeProto | null
}

export interface SignatureDef {
  inputs: Record<string, TensorInfoProto>
  outputs: Record<string, TensorInfoProto>
  method_name: string
  defaults?: Record<string, TensorProto>
}

export interface SignatureDefMap { signature_def: Record<string, SignatureDef> }

export interface Any { type_url: string, value: Uint8Array }

export interface GetModelMetadataRequest { model_spec: ModelSpec | null, metadata_field: string[] }
export interface GetModelMetadataResponse { model_spec: ModelSpec | null, metadata: Record<string, Any> }

export interface StatusProto { error_code: string | number, error_message: string }

export interface ModelVersionStatus {
  version: string
  state: 'UNKNOWN' | 'START' | 'LOADING' | 'AVAILABLE' | 'UNLOADING' | 'END'
  status?: StatusProto | null
}

export interface GetModelStatusRequest { model_spec: ModelSpec | null }
export interface GetModelStatusResponse { model_version_status: ModelVersionStatus[] }

export interface ServableVersionPolicy {
  latest?: { num_versions: number }
  all?: Record<string, never>
  specific?: { versions: string[] }
  policy_choice?: 'latest' | 'all' | 'specific'
}

export interface ModelConfig {
  name: string
  base_path: string
  model_platform?: string
  model_version_policy?: ServableVersionPolicy | null
  version_labels?: Record<string, string>
}

export interface ReloadConfigRequest { config: { model_config_list?: { config: ModelConfig[] }, config?: 'model_config_list' } | null }
export interface ReloadConfigResponse { status: StatusProto | null }

export interface Feature {
  bytes_list?: { value: Uint8Array[] }
  float_list?: { value: number[] }
  int64_list?: { value: string[] }
  kind?: 'bytes_list' | 'float_list' | 'int64_list'
}

export interface Example { features: { feature: Record<string, Feature> } | null }

export interface Input {
  example_list?: { examples: Example[] }
  example_list_with_context?: { examples: Example[], context: Example | null }
  kind?: 'example_list' | 'example_list_with_context'
}

export interface ClassificationRequest { model_spec: ModelSpec | null, input: Input | null }
export interface ClassificationResponse {
  model_spec?: ModelSpec | null
  result: { classifications: { classes: { label: string, score: number }[] }[] } | null
}

export interface RegressionRequest { model_spec: ModelSpec | null, input: Input | null }
export interface RegressionResponse { model_spec?: ModelSpec | null, result: { regressions: { value: number }[] } | null }

export interface PredictRequest { model_spec: ModelSpec | null, inputs: Record<string, TensorProto>, output_filter?: string[] }
export interface PredictResponse { model_spec?: ModelSpec | null, outputs: Record<string, TensorProto> }

export interface InferenceTask { model_spec: ModelSpec | null, method_name: string }
export interface MultiInferenceRequest { tasks: InferenceTask[], input: Input | null }

/** Without the answers, which nobody reads here. */
export interface PredictionLog {
  classify_log?: { request: ClassificationRequest | null }
  regress_log?: { request: RegressionRequest | null }
  multi_inference_log?: { request: MultiInferenceRequest | null }
  predict_log?: { request: PredictRequest | null }
  predict_streamed_log?: { request: PredictRequest[] }
  log_type?: 'classify_log' | 'regress_log' | 'multi_inference_log' | 'predict_log' | 'predict_streamed_log'
}
