// The Channel over grpc-js: one client and one HTTP/2 connection to one Unix socket, bytes in and bytes out. Knows no message.
import { Client, credentials, Metadata, status as grpcStatus, type ChannelOptions, type ServiceError } from '@grpc/grpc-js'
import { CallError, type CallOptions, type Channel } from './channel.js'

/** Sizes are limited at the HTTP edge, sending again is the engine's matter, and a model server that came back must be met at once. */
const channelOptions: ChannelOptions = {
  'grpc.max_send_message_length': -1,
  'grpc.max_receive_message_length': -1,
  'grpc.enable_retries': 0,
  'grpc.enable_channelz': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.use_local_subchannel_pool': 1,
  // Without it the socket's path would be the authority, which C++ servers refuse.
  'grpc.default_authority': 'localhost',
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 500
}

/** grpc-js and finished HTTP/2 streams keep their arguments for a while; through a holder they keep nothing but the holder. */
interface Holder { bytes: Buffer | null }

const serialize = (holder: Holder): Buffer => holder.bytes ?? Buffer.alloc(0)
const deserialize = (bytes: Buffer): Holder => ({ bytes })
const noMetadata = new Metadata()

function metadataOf (values: Readonly<Record<string, string>> | undefined): Metadata {
  if (values === undefined) return noMetadata
  const metadata = new Metadata()
  for (const [key, value] of Object.entries(values)) metadata.set(key, value)
  return metadata
}

/** What grpc-js 1.14 says, in its subchannel-call.js, of a stream or connection that ended without a status. */
const madeUp = /^(Connection dropped$|Received RST_STREAM with code |Call cancelled$|Stream refused by server$|Bandwidth exhausted or memory limit exceeded$|Protocol not secure enough$|.*(ECONNRESET|ETIMEDOUT))/

/**
 * Whether the server itself sent this status. A status without preceding headers carries the server's headers (at least content-type);
 * one that grpc-js made up has empty metadata. After headers the server's status may be bare too, then only the words tell.
 */
function sentByServer (error: ServiceError, sawHeaders: boolean): boolean {
  if (Object.keys(error.metadata.getMap()).length > 0) return true
  return sawHeaders && !madeUp.test(error.details)
}

function callError (error: ServiceError, sawHeaders: boolean, aborted: boolean): CallError {
  if (aborted) return new CallError(grpcStatus.CANCELLED, 'the call was cancelled by the caller', 'aborted')
  if (sentByServer(error, sawHeaders)) return new CallError(error.code, error.details, 'server')
  if (error.code === grpcStatus.DEADLINE_EXCEEDED) return new CallError(error.code, error.details, 'deadline')
  return new CallError(error.code, error.details, 'transport')
}

/** A channel to the model server that listens on this Unix socket (absolute path). Connects at the first call, and again by itself after a loss. */
export function openChannel (socketPath: string): Channel {
  const client = new Client(`unix:${socketPath}`, credentials.createInsecure(), channelOptions)

  function unary (path: string, request: Uint8Array, options: CallOptions): Promise<Buffer> {
    const { signal } = options
    if (signal?.aborted === true) return Promise.reject(new CallError(grpcStatus.CANCELLED, 'the call was cancelled by the caller', 'aborted'))
    return new Promise<Buffer>((resolve, reject) => {
      const holder: Holder = { bytes: Buffer.from(request.buffer, request.byteOffset, request.byteLength) }
      let done: { resolve: typeof resolve, reject: typeof reject, signal: AbortSignal | undefined } | null = { resolve, reject, signal }
      let sawHeaders = false
      let aborted = false
      const abort = (): void => {
        aborted = true
        call?.cancel()
      }
      let call: ReturnType<Client['makeUnaryRequest']> | null = null
      const settle = (error: ServiceError | null, answer?: Holder): void => {
        const waiting = done
        done = call = holder.bytes = null
        if (waiting === null) return
        waiting.signal?.removeEventListener('abort', abort)
        if (error !== null) waiting.reject(callError(error, sawHeaders, aborted))
        else waiting.resolve(takeBytes(answer))
      }
      try {
        call = client.makeUnaryRequest(path, serialize, deserialize, holder, metadataOf(options.metadata), { deadline: options.deadline }, settle)
      } catch (error) {
        // grpc-js throws for a channel that was closed.
        reject(new CallError(grpcStatus.UNAVAILABLE, error instanceof Error ? error.message : String(error), 'transport'))
        return
      }
      call.once('metadata', () => { sawHeaders = true })
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  return { unary, close: () => client.close() }
}

function takeBytes (answer: Holder | undefined): Buffer {
  const bytes = answer?.bytes ?? Buffer.alloc(0)
  if (answer !== undefined) answer.bytes = null
  return bytes
}
