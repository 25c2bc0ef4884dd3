// Every error that a caller, an operator or a log can meet: code, HTTP status, gRPC status, title. Knows no HTTP framework and no API's error body.

/** The rows: `http` is the status that our own APIs answer, `grpc` the canonical code by number. A retired code is never used again. */
export const errorTable = {
  REQUEST_INVALID: { http: 400, grpc: 3, title: 'The request does not fit what the model or route expects' },
  REQUEST_NOT_JSON: { http: 400, grpc: 3, title: 'The body is not valid JSON' },
  REQUEST_TOO_LARGE: { http: 413, grpc: 8, title: 'The body is larger than the limit' },
  REQUEST_MEDIA_TYPE: { http: 415, grpc: 3, title: 'The media type of the body is not taken here' },
  REQUEST_TRUNCATED: { http: 400, grpc: 3, title: 'The body ended before its announced length' },
  REQUEST_TIMEOUT: { http: 408, grpc: 4, title: 'The request did not arrive in time' },
  REQUEST_HEADERS: { http: 431, grpc: 8, title: 'The headers are larger than the limit' },
  REQUEST_UNIMPLEMENTED: { http: 501, grpc: 12, title: 'The request asks for something that is not supported' },
  REQUEST_CANCELLED: { http: 499, grpc: 1, title: 'The caller left before the answer' },
  ROUTE_NOT_FOUND: { http: 404, grpc: 5, title: 'There is no such route' },
  ROUTE_METHOD: { http: 405, grpc: 12, title: 'The route does not take this method' },
  ADDRESS_FORBIDDEN: { http: 403, grpc: 7, title: "The caller's address is not on the list" },
  AUTH_REQUIRED: { http: 401, grpc: 16, title: 'The route needs a token' },
  AUTH_REQUEST: { http: 400, grpc: 3, title: 'The token came in a way that is not taken' },
  AUTH_TOKEN_INVALID: { http: 401, grpc: 16, title: 'The token is not valid here' },
  AUTH_SCOPE: { http: 403, grpc: 7, title: 'The token does not allow this' },
  AUTH_CERTIFICATE: { http: 403, grpc: 16, title: 'The route needs a client certificate' },
  AUTH_KEYS_UNAVAILABLE: { http: 503, grpc: 14, title: 'There is no key yet to check tokens with' },
  QUOTA_EXCEEDED: { http: 429, grpc: 8, title: 'The caller has used up its quota' },
  ADMIN_FORBIDDEN: { http: 403, grpc: 7, title: 'The admin routes are closed to this caller' },
  MODEL_NOT_FOUND: { http: 404, grpc: 5, title: 'No such model, version or label is served' },
  MODEL_NOT_READY: { http: 503, grpc: 14, title: 'The model is not ready yet' },
  MODEL_SIGNATURE: { http: 400, grpc: 3, title: 'The model has no such signature' },
  MODEL_TIMEOUT: { http: 504, grpc: 4, title: 'The model did not answer in time' },
  MODEL_CANCELLED: { http: 499, grpc: 1, title: 'The call to the model was cancelled' },
  MODEL_INVALID_ARGUMENT: { http: 400, grpc: 3, title: 'The model refused its input' },
  MODEL_FAILED_PRECONDITION: { http: 400, grpc: 9, title: 'The model is in no state to answer' },
  MODEL_OUT_OF_RANGE: { http: 400, grpc: 11, title: 'The model met a value out of range' },
  MODEL_UNAUTHENTICATED: { http: 401, grpc: 16, title: 'The model server asks for credentials' },
  MODEL_PERMISSION_DENIED: { http: 403, grpc: 7, title: 'The model server denied the call' },
  MODEL_MISSING: { http: 404, grpc: 5, title: 'The model server does not know this servable' },
  MODEL_ALREADY_EXISTS: { http: 409, grpc: 6, title: 'The model server says it exists already' },
  MODEL_ABORTED: { http: 409, grpc: 10, title: 'The model server aborted the call' },
  MODEL_RESOURCE_EXHAUSTED: { http: 429, grpc: 8, title: 'The model server is out of a resource' },
  MODEL_UNIMPLEMENTED: { http: 501, grpc: 12, title: 'The model server does not implement this' },
  MODEL_UNAVAILABLE: { http: 503, grpc: 14, title: 'The model server answered that it is unavailable' },
  MODEL_FAILED: { http: 500, grpc: 13, title: 'The model failed' },
  MODEL_ANSWER_INVALID: { http: 500, grpc: 13, title: 'The model answered something that cannot be read' },
  MODEL_EXAMPLE: { http: 503, grpc: 9, title: 'An example of the version got another answer than it must' },
  MODEL_WARMUP: { http: 503, grpc: 9, title: 'The warm-up file of the version would fail its load' },
  MODEL_INCOMPATIBLE: { http: 503, grpc: 9, title: 'The version does not fit the signature of the one it would replace' },
  MODEL_NOT_PINNED: { http: 503, grpc: 9, title: 'The version is not the one that models.lock pins' },
  MODEL_INCOMPLETE: { http: 503, grpc: 14, title: 'The version is not complete yet' },
  MODEL_SERVER_UNREACHABLE: { http: 503, grpc: 14, title: 'No model server came back within the deadline' },
  MODEL_SERVER_CRASHED: { http: 503, grpc: 14, title: 'The model server died of this request' },
  ENGINE_NOT_FOUND: { http: 404, grpc: 5, title: 'No such model server runs here' },
  ENGINE_REPLACE: { http: 503, grpc: 14, title: 'The model server could not be replaced; the old one serves on' },
  HANDLER_INPUT: { http: 422, grpc: 3, title: 'The handler refused the input' },
  HANDLER_FAILED: { http: 500, grpc: 13, title: "The version's handler failed" },
  HANDLER_TIMEOUT: { http: 504, grpc: 4, title: "The version's handler took too long" },
  HANDLER_LOAD: { http: 503, grpc: 14, title: "The version's handler could not be loaded" },
  SERVICE_DRAINING: { http: 503, grpc: 14, title: 'The service is shutting down' },
  SERVICE_OVERLOADED: { http: 503, grpc: 14, title: 'The service has more work than it can finish in time' },
  CONSUL_CALL: { http: 503, grpc: 14, title: 'A call to the Consul agent failed' },
  DATA_DIR: { http: 503, grpc: 14, title: 'What must be kept cannot be written to the data directory' },
  CONFIG_INVALID: { http: 500, grpc: 3, title: 'The configuration has faults' },
  INTERNAL: { http: 500, grpc: 13, title: 'The service itself failed' }
} as const satisfies Record<string, { http: number, grpc: number, title: string }>

export type ErrorCode = keyof typeof errorTable

/** One fault inside a request: where (a JSON Pointer into the body) and what is wrong there. */
export interface FieldError { pointer: string, detail: string }

export interface ErrorOptions {
  cause?: unknown
  model?: string
  version?: bigint
  /** All faults of the request, when more than the message is known. */
  errors?: readonly FieldError[]
  /** When it is worth coming back; becomes the header Retry-After. */
  retryAfterMs?: number
}

/** The one error class: `code` decides the status in every API, `message` is written for the caller and holds no stack, path or secret. */
export class OutriggerError extends Error {
  readonly code: ErrorCode
  readonly errors: readonly FieldError[] | undefined
  readonly retryAfterMs: number | undefined
  model: string | undefined
  version: bigint | undefined

  constructor (code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'OutriggerError'
    this.code = code
    this.errors = options.errors
    this.retryAfterMs = options.retryAfterMs
    this.model = options.model
    this.version = options.version
  }

  get status (): number { return errorTable[this.code].http }
}
