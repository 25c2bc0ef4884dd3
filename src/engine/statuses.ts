// Asks a model server for the state of a model's versions. Knows no supervision.
import { CallError, type Channel } from '../grpc/channel.js'
import { codecs, methods } from '../grpc/protos.js'
import type { GetModelStatusResponse } from '../grpc/messages.js'
import type { ServableStatus } from './engine.js'

const grpcNotFound = 5
/** The canonical codes by name. Source: error_codes.proto. */
const codeNumbers: Readonly<Record<string, number>> = {
  OK: 0, CANCELLED: 1, UNKNOWN: 2, INVALID_ARGUMENT: 3, DEADLINE_EXCEEDED: 4, NOT_FOUND: 5, ALREADY_EXISTS: 6, PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8, FAILED_PRECONDITION: 9, ABORTED: 10, OUT_OF_RANGE: 11, UNIMPLEMENTED: 12, INTERNAL: 13, UNAVAILABLE: 14, DATA_LOSS: 15, UNAUTHENTICATED: 16
}

export const codeNumber = (code: string | number): number => typeof code === 'number' ? code : codeNumbers[code] ?? 2

const newestFirst = (a: ServableStatus, b: ServableStatus): number => a.version < b.version ? 1 : a.version > b.version ? -1 : 0

function read (response: GetModelStatusResponse): ServableStatus[] {
  return response.model_version_status.map(({ version, state, status }) => ({
    version: BigInt(version),
    state,
    errorCode: codeNumber(status?.error_code ?? 0),
    errorMessage: status?.error_message ?? ''
  })).sort(newestFirst)
}

/** The versions of a model, newest first; [] for one that the server does not know. Rejects with a CallError; a malformed answer is one of status INTERNAL. */
export async function fetchStatuses (channel: Channel, model: string, deadline: number): Promise<ServableStatus[]> {
  try {
    const answer = await channel.unary(methods.getModelStatus, codecs.getModelStatusRequest.encode({ model_spec: { name: model } }), { deadline })
    return read(decode(answer))
  } catch (error) {
    if (error instanceof CallError && error.origin === 'server' && error.status === grpcNotFound) return []
    throw error
  }
}

function decode (answer: Buffer): GetModelStatusResponse {
  try {
    return codecs.getModelStatusResponse.decode(answer)
  } catch (error) {
    throw new CallError(13, `the answer to GetModelStatus cannot be read: ${error instanceof Error ? error.message : String(error)}`, 'server')
  }
}
