// What the service and its threads for large bodies say to each other. Requests and answers of the model stay bytes on the service's side: only the threads make tensors of them.
import type { ErrorCode, FieldError } from '../errors.js'
import type { Inputs, RequestFormat } from '../tensor/json/predict-request.js'
import type { ModelSpec } from '../tensor/proto/predict.js'
import type { Signature, Tensors } from '../tensor/tensor.js'

/** In which form an answer is printed. */
export type AnswerForm =
  | { readonly api: 'predict', readonly format: RequestFormat }
  | { readonly api: 'evaluate', readonly plain: boolean }
  | { readonly api: 'classify' | 'regress' }

/** A body that becomes a request of this servable. `split`: the signatures whose rows may go in several calls, each with how many rows one may have in any case. */
export interface ReadTask {
  readonly kind: 'read'
  readonly body: Uint8Array
  readonly servable: { readonly name: string, readonly version: bigint }
  readonly split: ReadonlyMap<string, number>
  readonly as:
    /** `inputs`: those of each signature by its name; none where there is no such model. */
    | { readonly api: 'predict', readonly inputs: ReadonlyMap<string, Inputs> }
    | { readonly api: 'evaluate', readonly signature: Signature, readonly raw: boolean, readonly shape: readonly number[] | undefined }
    | { readonly api: 'classify' | 'regress' }
}

/** The request as one message, or as several with so many rows each, in their order. `signature`: as the caller gave it, '' where absent. */
export interface ReadDone { readonly signature: string, readonly messages: readonly Uint8Array[], readonly rows: readonly number[], readonly form: AnswerForm }

/** The messages of a request that went in several, as one. */
export interface JoinTask { readonly kind: 'join', readonly servable: ReadTask['servable'], readonly signature: string, readonly messages: readonly Uint8Array[] }
export interface JoinDone { readonly message: Uint8Array }

/** The text of an answer: of the messages in which its rows came, or of its tensors. `owned`: nobody else uses the tensors' memory. */
export interface PrintTask { readonly kind: 'print', readonly form: AnswerForm, readonly outputs: readonly Uint8Array[] | Tensors, readonly owned?: boolean }
export interface PrintDone { readonly text: Uint8Array }

export type Task = ReadTask | JoinTask | PrintTask
export type Done<T extends Task> = T extends ReadTask ? ReadDone : T extends JoinTask ? JoinDone : PrintDone

/** What the caller is told. */
export interface Fault { readonly code: ErrorCode, readonly message: string, readonly errors: readonly FieldError[] | undefined }

/** `unknown`: the body asks for this signature, which is not among those that came along. */
export type Outcome = { readonly done: ReadDone | JoinDone | PrintDone } | { readonly fault: Fault } | { readonly unknown: string }

export const specOf = ({ name, version }: ReadTask['servable'], signatureName: string): ModelSpec => ({ name, version, signatureName })
