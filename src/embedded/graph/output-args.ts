// Names of the outputs of ops that have more than one: inside functions inputs name them. An op that is not listed has one output argument. Source: TensorFlow's op registry.

/** One output argument: its name, and how many tensors it is: one, as many as an integer attribute says, or as many as a list attribute has. */
type OutputArg = string | { readonly name: string, readonly number?: string, readonly list?: string }

export const outputArgs: Readonly<Record<string, readonly OutputArg[]>> = {
  BoostedTreesBucketize: [{ name: 'buckets', number: 'num_features' }],
  DenseToSparseSetOperation: ['result_indices', 'result_values', 'result_shape'],
  FusedBatchNorm: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2'],
  FusedBatchNormV2: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2'],
  FusedBatchNormV3: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2', 'reserve_space_3'],
  LookupTableExport: ['keys', 'values'],
  LookupTableExportV2: ['keys', 'values'],
  MaxPoolWithArgmax: ['output', 'argmax'],
  Merge: ['output', 'value_index'],
  NonMaxSuppressionV4: ['selected_indices', 'valid_outputs'],
  NonMaxSuppressionV5: ['selected_indices', 'selected_scores', 'valid_outputs'],
  ParseExample: [
    { name: 'sparse_indices', number: 'Nsparse' }, { name: 'sparse_values', list: 'sparse_types' }, { name: 'sparse_shapes', number: 'Nsparse' },
    { name: 'dense_values', list: 'Tdense' }
  ],
  ParseExampleV2: [
    { name: 'sparse_indices', number: 'num_sparse' }, { name: 'sparse_values', list: 'sparse_types' }, { name: 'sparse_shapes', number: 'num_sparse' },
    { name: 'dense_values', list: 'Tdense' }, { name: 'ragged_values', list: 'ragged_value_types' }, { name: 'ragged_row_splits', list: 'ragged_split_types' }
  ],
  ParseSingleExample: [
    { name: 'sparse_indices', number: 'num_sparse' }, { name: 'sparse_values', list: 'sparse_types' }, { name: 'sparse_shapes', number: 'num_sparse' },
    { name: 'dense_values', list: 'Tdense' }
  ],
  RaggedCountSparseOutput: ['output_indices', 'output_values', 'output_dense_shape'],
  RaggedGather: [{ name: 'output_nested_splits', number: 'OUTPUT_RAGGED_RANK' }, 'output_dense_values'],
  RaggedRange: ['rt_nested_splits', 'rt_dense_values'],
  RaggedTensorToSparse: ['sparse_indices', 'sparse_values', 'sparse_dense_shape'],
  SparseConcat: ['output_indices', 'output_values', 'output_shape'],
  SparseCross: ['output_indices', 'output_values', 'output_shape'],
  SparseCrossV2: ['output_indices', 'output_values', 'output_shape'],
  SparseFillEmptyRows: ['output_indices', 'output_values', 'empty_row_indicator', 'reverse_index_map'],
  SparseReorder: ['output_indices', 'output_values'],
  SparseReshape: ['output_indices', 'output_shape'],
  SparseSlice: ['output_indices', 'output_values', 'output_shape'],
  SparseSoftmaxCrossEntropyWithLogits: ['loss', 'backprop'],
  SoftmaxCrossEntropyWithLogits: ['loss', 'backprop'],
  StringSplit: ['indices', 'values', 'shape'],
  StringSplitV2: ['indices', 'values', 'shape'],
  StringNGrams: ['ngrams', 'ngrams_splits'],
  Switch: ['output_false', 'output_true'],
  TensorListPopBack: ['output_handle', 'tensor'],
  TopK: ['values', 'indices'],
  TopKV2: ['values', 'indices'],
  UnicodeDecode: ['row_splits', 'char_values'],
  UnicodeDecodeWithOffsets: ['row_splits', 'char_values', 'char_to_byte_starts'],
  Unique: ['y', 'idx'],
  UniqueV2: ['y', 'idx'],
  UniqueWithCounts: ['y', 'idx', 'count'],
  UniqueWithCountsV2: ['y', 'idx', 'count'],
  ListDiff: ['out', 'idx'],
  Qr: ['q', 'r'],
  Svd: ['s', 'u', 'v'],
  SelfAdjointEigV2: ['e', 'v'],
  DenseCountSparseOutput: ['output_indices', 'output_values', 'output_dense_shape'],
  SparseCountSparseOutput: ['output_indices', 'output_values', 'output_dense_shape']
}
