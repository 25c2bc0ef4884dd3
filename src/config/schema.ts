// Every setting of the service, once: type, default, unit, meaning. Flags, variables, the file's schema, --help and docs/configuration.md come from here.
import { publicKeyAlgorithms, secretAlgorithms } from '../auth/algorithms.js'
import { forwardedHeaders } from '../auth/forwarded.js'
import { authAreas } from '../auth/grants.js'
import { addresses, bytes, choice, choices, duration, flag, integer, list, memory, path, text, type Schema, type Setting } from './kinds.js'

export const settings = {
  config: path({ description: 'Settings file in YAML with the keys of this table. Read when it is named; otherwise ./outrigger.yaml where it exists.' }),
  models: path({ default: './models', description: 'The model repository: a folder per model, in it a folder per version.' }),
  modelConfigFile: path({ description: "TensorFlow Serving's model config file (text form) in place of a repository folder." }),
  modelName: text({ description: 'Name of the only model; goes with model-base-path.', placeholder: 'NAME' }),
  modelBasePath: path({ description: 'Base path of the only model: the folder that holds its version folders.' }),
  modelsLock: path({ description: 'The file that pins the versions that may be loaded, by the checksums of their files; written by outrigger lock, read at every load. Any version may unless it is set.' }),
  watchIntervalMs: duration({ default: '1s', description: 'Time between two looks at the repository for what came, changed or went. 0 looks only on SIGHUP and POST /models/{model}/reload.', reload: true }),
  settleTimeMs: duration({ default: '2s', description: 'How long the files of a new version must not have changed before it is taken in; longer by itself for one that is copied with pauses. Not waited for at the start.', reload: true }),
  dataDir: path({ description: 'Folder for what is kept across restarts: labels that were moved, the change journal. Nothing is kept without it.' }),
  defaultModel: text({ description: 'The model behind /evaluate and /describe. By default the only one that is served.', placeholder: 'NAME' }),
  host: text({ default: '127.0.0.1', description: 'Address to listen on.', placeholder: 'ADDRESS' }),
  port: integer(0, 65535, { default: '8501', description: 'Port to listen on; 0 takes a free one.', aliases: ['rest_api_port'] }),
  metricsPort: integer(0, 65535, { description: 'Port of its own for /metrics, which is then answered there only; 0 takes a free one. probe-allow is its list of addresses.' }),
  metricsHost: text({ description: 'Address to listen on with metrics-port. By default that of host.', placeholder: 'ADDRESS' }),
  tlsCert: path({ description: 'Certificate of the service in PEM, with its chain. With tls-key it switches TLS on; both are read again when they change.' }),
  tlsKey: path({ description: 'Private key of tls-cert in PEM, without a passphrase.', holdsSecret: true }),
  tlsClientCa: path({ description: 'Authorities in PEM whose client certificates are taken (mutual TLS); read again when it changes.' }),
  tlsClients: choice(['all', 'callers'], { default: 'all', description: 'Who needs a client certificate where tls-client-ca is set. all: every connection. callers: every route but health and metrics.' }),
  tlsMinVersion: choice(['1.2', '1.3'], { default: '1.2', description: 'The oldest TLS version that is spoken.' }),
  maxConnections: integer(1, 1_000_000, { default: '4096', description: 'Connections at a time. Further ones get 503, and health and metrics all the same; when too many of those come, they are reset.' }),
  headerLimitBytes: bytes({ default: '16KiB', description: 'Largest request line and headers together; of headers there may be 128.' }),
  headTimeoutMs: duration({ default: '10s', description: 'Longest time in which the head of a request must have come, and a TLS handshake must be done.' }),
  receiveTimeoutMs: duration({ default: '60s', description: 'Longest time in which a request must have come whole.' }),
  sendTimeoutMs: duration({ default: '60s', description: 'Longest time in which a caller must have taken an answer; then its connection is cut.', reload: true }),
  keepAliveTimeoutMs: duration({ default: '72s', description: 'How long a connection may stay open between two requests.' }),
  engine: choice(['auto', 'tensorflow', 'embedded'], { default: 'auto', description: 'Which model server runs as the child. auto: tensorflow_model_server for SavedModels where it is found, the embedded one for the rest.' }),
  tensorflowModelServer: path({ description: 'The tensorflow_model_server to run; otherwise it is looked for on PATH.' }),
  socketDir: path({ description: 'Folder in which the private folder of the child\'s socket is made. By default XDG_RUNTIME_DIR or the folder for temporary files.' }),
  engineMemoryBudgetBytes: memory({ description: 'Resident memory over which a model server is replaced by a fresh one, without a failed request; for models that leak. Not watched unless set. While one takes over, both are in memory.' }),
  requestTimeoutMs: duration({ default: '30s', description: 'Longest time that a request may take; x-request-timeout-ms and a model\'s timeout lower it.', aliases: ['rest_api_timeout_in_ms'], reload: true }),
  bodyLimitBytes: bytes({ default: '64MiB', description: 'Largest request body, after inflating as well.' }),
  handlerTimeoutMs: duration({ default: '10s', description: 'Longest time that one stage of a handler may take; model.yaml can lower or raise it.', reload: true }),
  batching: choice(['on', 'off'], { default: 'on', description: 'Whether requests that come together go to the model in one call, where that was proven to change no answer; docs/batching.md. model.yaml says otherwise for one model.', reload: true }),
  batchingInFlight: integer(1, 64, { default: '2', description: 'Calls of one kind (version, signature, shapes) that are under way before further requests are collected for the next.', reload: true }),
  batchingMaxRows: integer(1, 65536, { default: '128', description: 'Most rows of one call that holds several requests.', reload: true }),
  batchingMaxBytes: bytes({ default: '1MiB', description: 'Most bytes of tensor data of one call that holds several requests.', reload: true }),
  tensorflowBatching: flag({ default: 'false', description: "tensorflow_model_server's own batching; docs/batching.md says when it pays.", aliases: ['enable_batching'] }),
  tensorflowBatchingParametersFile: path({ description: 'Parameters of it, in the text form that tensorflow_model_server takes; goes with tensorflow-batching.', aliases: ['batching_parameters_file'] }),
  cors: text({ description: 'Origins, separated by commas, whose pages may call, or * for all. Off by default.', placeholder: 'ORIGINS|*', aliases: ['rest_api_enable_cors_support'], reload: true }),
  allowLocalAdmin: flag({ default: 'false', description: 'Opens the admin routes (POST /shutdown, reload, labels) to callers on this machine; has no effect where tokens are on.', reload: true }),
  adminSocket: path({ description: 'Unix socket for the admin routes; its folder must be private (0700).' }),
  allow: addresses({ description: 'Addresses that may call, v4 and v6. Everybody unless it is set.', reload: true }),
  probeAllow: addresses({ description: 'Addresses that may ask for health and metrics, in place of allow. By default those of allow, and this machine.', reload: true }),
  trustedProxies: addresses({ description: 'Proxies whose word on who called is taken. None unless it is set.', reload: true }),
  forwardedHeader: choice(forwardedHeaders, { default: 'x-forwarded-for', description: 'The header in which the trusted proxies say who called. The other one is not looked at.', reload: true }),
  authJwksUrl: text({ description: "The issuer's key set (JWKS) by URL. This, auth-jwks-file, auth-public-key-file or auth-secret-file switches tokens on.", placeholder: 'URL' }),
  authJwksFile: path({ description: "The issuer's key set (JWKS) in a file, read again when it changes." }),
  authPublicKeyFile: path({ description: "The issuer's public key in PEM, read again when it changes." }),
  authSecretFile: path({ description: 'File with the secret that the issuer and this service share, of at least 32 bytes; read again when it changes.', holdsSecret: true }),
  authJwksInsecure: flag({ default: 'false', description: 'Takes auth-jwks-url over plain http from another machine too.' }),
  authJwksRefreshMs: duration({ default: '5m', description: 'Time between two fetches of auth-jwks-url; a shorter max-age of the answer counts.', reload: true }),
  authJwksCooldownMs: duration({ default: '10s', description: 'Least time between two fetches of auth-jwks-url that tokens with an unknown key cause.', reload: true }),
  authIssuer: text({ description: 'What the claim iss of every token must be. Needed with tokens.', placeholder: 'URL', reload: true }),
  authAudience: list({ default: '', description: 'One of these must be in the claim aud of every token. Needed with tokens.', reload: true }),
  authAlgorithms: choices([...publicKeyAlgorithms, ...secretAlgorithms], { default: '', description: 'Algorithms of signatures that are taken. By default HS256 for a secret, and all with a public key for the others.', reload: true }),
  authTokenType: text({ description: 'The typ that every token must have, such as at+jwt (RFC 9068). Any unless it is set.', placeholder: 'TYP', reload: true }),
  authClockToleranceMs: duration({ default: '30s', description: 'How far the clocks of issuer and service may be apart; at most 60s.', reload: true }),
  authScopeClaims: list({ default: 'scope,scp', description: 'The claims that hold the scopes: a text with blanks between, or a list.', reload: true }),
  authOpen: choices(authAreas, { default: 'health,metrics', description: 'What needs no token where tokens are on: health, metrics, docs (the page /docs and its document); none for nothing.', reload: true }),
  quotaRequests: integer(1, 1_000_000_000, { description: 'Requests that one caller (the subject of its token, else its address) may make per quota-window. No limit unless it is set.', reload: true }),
  quotaWindowMs: duration({ default: '1m', description: 'The time in which quota-requests count.', reload: true }),
  audit: path({ description: 'File for the audit trail, one JSON line per request; the word log writes it to the log.' }),
  drainDelayMs: duration({ description: 'Time between leaving discovery and the end of accepting requests. By default 0, and 2s where the service is registered in Consul.', reload: true }),
  drainTimeoutMs: duration({ default: '15s', description: 'Longest time that requests under way may take once the service is ending.', reload: true }),
  consul: choice(['auto', 'on', 'off'], { default: 'auto', description: 'Registration in Consul. auto: on when CONSUL_HTTP_ADDR is set and NOMAD_ALLOC_ID is not.' }),
  consulHttpAddr: text({ description: 'Address of the local Consul agent. By default 127.0.0.1:8500.', placeholder: 'ADDRESS', env: ['CONSUL_HTTP_ADDR'] }),
  consulHttpToken: text({ description: 'Token for the Consul agent.', placeholder: 'TOKEN', secret: true, env: ['CONSUL_HTTP_TOKEN'] }),
  consulHttpTokenFile: path({ description: 'File that holds the token for the Consul agent.', env: ['CONSUL_HTTP_TOKEN_FILE'], holdsSecret: true }),
  consulTls: flag({ default: 'false', description: 'https to the Consul agent where consul-http-addr does not say which.', env: ['CONSUL_HTTP_SSL'] }),
  consulCaFile: path({ description: 'Authorities in PEM for the certificate of the Consul agent.', env: ['CONSUL_CACERT'] }),
  consulCertFile: path({ description: 'Client certificate in PEM for the Consul agent.', env: ['CONSUL_CLIENT_CERT'] }),
  consulKeyFile: path({ description: 'Private key of consul-cert-file in PEM.', holdsSecret: true, env: ['CONSUL_CLIENT_KEY'] }),
  consulTlsServerName: text({ description: 'Name in the certificate of the Consul agent, where it is not that of its address.', placeholder: 'NAME', env: ['CONSUL_TLS_SERVER_NAME'] }),
  consulTlsVerify: flag({ default: 'true', description: 'Whether the certificate of the Consul agent is checked.', env: ['CONSUL_HTTP_SSL_VERIFY'] }),
  consulNamespace: text({ description: 'Namespace of the registration (Consul Enterprise).', placeholder: 'NAME', env: ['CONSUL_NAMESPACE'] }),
  consulPartition: text({ description: 'Admin partition of the registration (Consul Enterprise).', placeholder: 'NAME', env: ['CONSUL_PARTITION'] }),
  serviceCheck: choice(['auto', 'http', 'ttl'], { default: 'auto', description: 'Who checks the service in Consul. http: the agent asks /health/ready. ttl: the service tells the agent, which need not reach it. auto: ttl where every connection needs a client certificate (tls-clients all), which the agent has none of; else http.' }),
  serviceCheckTlsVerify: flag({ default: 'true', description: 'Whether the agent checks the certificate of the service in its check over https.' }),
  serviceDeregisterAfterMs: duration({ default: '15m', description: 'How long the check in Consul may be critical before the entry is removed: a net for crashes. At least 1m, and longer than the longest load of a model.' }),
  nomadAllocId: text({ description: 'Set by Nomad; says that Nomad registers the service.', placeholder: 'ID', env: ['NOMAD_ALLOC_ID'] }),
  serviceName: text({ default: 'outrigger', description: 'Name of the service in Consul.', placeholder: 'NAME' }),
  serviceId: text({ description: 'Id of this instance in Consul. By default name, host and port.', placeholder: 'ID' }),
  serviceTags: list({ default: '', description: 'Tags of the service in Consul.' }),
  advertiseAddress: text({ description: 'Address under which others reach this instance. By default the host it listens on.', placeholder: 'ADDRESS' }),
  advertisePort: integer(1, 65535, { description: 'Port under which others reach this instance. By default the port it listens on.' }),
  logLevel: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], { default: 'info', description: 'The least severe lines that are logged.', reload: true }),
  hints: choice(['auto', 'on', 'off'], { default: 'auto', description: 'What to try next, printed once the service is ready. auto: on a terminal.' }),
  logRequests: flag({ default: 'true', description: 'One log line per request.', reload: true })
} satisfies Record<string, Setting<unknown>>

export type SettingKey = keyof typeof settings

type Parsed<S> = S extends Setting<infer T> ? S extends { default: string } ? T : T | undefined : never

/** The settings with their defaults, parsed: times in milliseconds (…Ms), sizes in bytes (…Bytes). */
export type Config = { readonly [K in SettingKey]: Parsed<(typeof settings)[K]> }

/** A setting's word in files: `request_timeout` for requestTimeoutMs. */
export const fileWord = (key: string): string => key.replace(/(Ms|Bytes)$/, '').replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

/** A setting's flag, without dashes: `request-timeout`. */
export const flagWord = (key: string): string => fileWord(key).replaceAll('_', '-')

/** A setting's environment variable: `OUTRIGGER_REQUEST_TIMEOUT`. */
export const envWord = (key: string): string => `OUTRIGGER_${fileWord(key).toUpperCase()}`

/** The name under which a setting's secret is looked for in the folders of credentials: `outrigger_auth_secret` for authSecretFile. */
export const credentialWord = (key: string): string => envWord(key).toLowerCase().replace(/_file$/, '')

/** JSON Schema of the settings file. */
export const fileSchema: Schema = {
  title: 'outrigger.yaml',
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(Object.entries(settings).filter(([key]) => key !== 'config').map(([key, setting]) =>
    [fileWord(key), { ...setting.schema, description: setting.description, ...(setting.default === undefined ? {} : { default: setting.default }) }]))
}
