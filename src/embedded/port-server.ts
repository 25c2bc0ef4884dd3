// gRPC by grpc-js, for the TCP port: callers of every kind, with compression and all that a network brings. Knows no model.
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall, type ServiceDefinition } from '@grpc/grpc-js'
import { now } from '../clock.js'
import { defaultDeadlineMs, refusalOf, type CallContext, type Method, type Methods } from './method.js'

/** `unlimited` for grpc-js. */
const noLimit = -1

type Call = ServerUnaryCall<Buffer, Buffer>

const passThrough = (bytes: Buffer): Buffer => bytes

/** What grpc-js must know of a method whose messages it passes through as bytes. */
const definitionOf = (path: string): ServiceDefinition[string] => ({
  path,
  requestStream: false,
  responseStream: false,
  requestSerialize: passThrough,
  requestDeserialize: passThrough,
  responseSerialize: passThrough,
  responseDeserialize: passThrough
})

function deadlineOf (call: Call): number {
  const deadline = call.getDeadline()
  const at = deadline instanceof Date ? deadline.getTime() : deadline
  return now() + (Number.isFinite(at) ? at - Date.now() : defaultDeadlineMs)
}

const handlerOf = (method: Method) => (call: Call, callback: sendUnaryData<Buffer>): void => {
  const context: CallContext = { deadline: deadlineOf(call) }
  call.on('cancelled', () => context.onLeft?.())
  void (async () => await method(call.request, context))().then(answer => callback(null, Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength)), (error: unknown) => {
    const { status, words } = refusalOf(error)
    callback({ code: status, details: words })
  })
}

/** Serves the methods at `HOST:PORT`. Resolves with the port, and with what ends all connections at once. Rejects with an Error that says why it cannot listen. */
export async function listenOnPort (address: string, methods: Methods): Promise<{ port: number, end: () => void }> {
  const server = new Server({ 'grpc.max_receive_message_length': noLimit, 'grpc.max_send_message_length': noLimit })
  const paths = [...methods.keys()]
  server.addService(Object.fromEntries(paths.map(path => [path, definitionOf(path)])), Object.fromEntries(paths.map(path => [path, handlerOf(methods.get(path)!)])))
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (cause, bound) => {
      if (cause === null) resolve(bound)
      else reject(new Error(`cannot listen on ${address}: ${cause.message}`, { cause }))
    })
  })
  return { port, end: () => server.forceShutdown() }
}
