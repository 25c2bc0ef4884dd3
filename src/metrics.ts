// Every metric of the service: name, help, labels, buckets. Knows no HTTP.
import type { Registry as PrometheusRegistry } from 'prom-client'

/** The calls by which the rest of the service measures. */
export interface Metrics {
  readonly registry: PrometheusRegistry
  /** One finished HTTP request. `model` is undefined where the request named no served model. */
  request (sample: { api: string, route: string, method: string, status: number, model: string | undefined, version: string | undefined, seconds: number }): void
  /** One stage of one request: decode, preprocess, queue, predict, postprocess, encode. */
  stage (stage: string, model: string, version: string, seconds: number): void
}
