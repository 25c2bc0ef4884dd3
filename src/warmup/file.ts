// Where a version keeps its warm-up requests, and how many may stand there. Source: tensorflow_serving/servables/tensorflow/saved_model_warmup_util.h.
import { join } from 'node:path'

/** The file in a version's folder that TensorFlow Serving replays before the version is AVAILABLE: a TFRecord file of PredictionLogs. */
export const warmupFile = (folder: string): string => join(folder, 'assets.extra', 'tf_serving_warmup_requests')

/** A file of more fails the load. */
export const maxRecords = 1000

/** A request of that size is served by nobody; and one record at a time is in memory. */
export const maxRecordBytes = 64 * 1024 * 1024
