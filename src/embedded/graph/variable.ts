// A variable of the session: what a resource handle of VarHandleOp points at. Knows no op and no checkpoint.
import { ModelError } from '../formats/format.js'
import type { DType } from '../../tensor/dtype.js'
import type { Tensor } from '../../tensor/tensor.js'

const FAILED_PRECONDITION = 9

export class Variable {
  readonly name: string
  readonly dtype: DType
  /** undefined until it is first assigned. The tensor is replaced on assignment, never changed in place. */
  value: Tensor | undefined

  constructor (name: string, dtype: DType) {
    this.name = name
    this.dtype = dtype
  }

  /** The value. Throws ModelError(FAILED_PRECONDITION) as TensorFlow does when nothing was assigned yet. */
  read (): Tensor {
    if (this.value === undefined) {
      throw new ModelError(FAILED_PRECONDITION, `Error while reading resource variable ${this.name} from Container: localhost. This could mean that the variable was uninitialized.`)
    }
    return this.value
  }
}
