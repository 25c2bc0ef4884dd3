// Ops on variables: TF2's resource variables and TF1's references. The value of a variable is replaced, never changed in place.
import { dtypeRow, dtypes, type DType } from '../../tensor/dtype.js'
import { allocate, elementCount, type NumericData, type Tensor } from '../../tensor/tensor.js'
import { ModelError } from '../formats/format.js'
import { FAILED_PRECONDITION, INVALID_ARGUMENT } from '../status.js'
import { anonymousName } from './effects.js'
import { Variable } from './variable.js'
import type { BoundNode, Handle, Op, OpFamily, Session, Value } from './kernel.js'

/** The session's variable under this key, made when it is not there yet. */
function variableOf (session: Session, key: string, name: string, dtype: DType): Variable {
  const found = session.resources.get(key)
  if (found === undefined) {
    const made = new Variable(name, dtype)
    session.resources.set(key, made)
    return made
  }
  if (!(found instanceof Variable) || found.dtype !== dtype) throw new ModelError(INVALID_ARGUMENT, `Trying to access resource ${name} as a variable of ${dtypes[dtype].short}, which it is not`)
  return found
}

const makeHandle: Op = node => {
  const dtype = node.attrs.dtype('dtype')
  const name = node.attrs.string('shared_name', '') || node.name
  const key = `${node.attrs.string('container', '')}/${name}`
  if (name === anonymousName) return () => ({ dtype: 'DT_RESOURCE', shape: [], resource: new Variable(name, dtype) })
  let handle: Handle | undefined
  return (_inputs, session) => handle ??= { dtype: 'DT_RESOURCE', shape: [], resource: variableOf(session, key, name, dtype) }
}

const behind = (handle: Value): Variable => {
  if (!('resource' in handle) || !(handle.resource instanceof Variable)) throw new ModelError(INVALID_ARGUMENT, 'A variable was expected where another value came')
  return handle.resource
}

const tensorOf = (value: Value): Tensor => {
  if (!('data' in value)) throw new ModelError(INVALID_ARGUMENT, 'A tensor was expected where a handle came')
  return value
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((size, i) => size === b[i])
const text = (shape: readonly number[]): string => `[${shape.join(',')}]`

function assign (variable: Variable, value: Tensor): void {
  if (value.dtype !== variable.dtype) {
    throw new ModelError(INVALID_ARGUMENT, `Trying to assign variable with wrong dtype. Expected ${dtypes[variable.dtype].short} got ${dtypes[value.dtype].short}`)
  }
  variable.value = value
}

/** Element types that addition is right for as their arrays store it: floats rounded, integers wrapping. */
const addable: readonly DType[] = ['DT_FLOAT', 'DT_DOUBLE', 'DT_INT8', 'DT_INT16', 'DT_INT32', 'DT_INT64', 'DT_UINT8', 'DT_UINT16', 'DT_UINT32', 'DT_UINT64', 'DT_COMPLEX64', 'DT_COMPLEX128']

function added (a: Tensor, b: Tensor, sign: 1 | -1): Tensor {
  const data: NumericData = allocate(a.dtype, elementCount(a.shape))
  const lanes = elementCount(a.shape) * (dtypeRow(a.dtype).lanes ?? 1)
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const [x, y] = [a.data as BigInt64Array, b.data as BigInt64Array]
    for (let i = 0; i < lanes; i++) data[i] = sign > 0 ? x[i] + y[i] : x[i] - y[i]
  } else {
    const [x, y] = [a.data as Float64Array, b.data as Float64Array]
    for (let i = 0; i < lanes; i++) data[i] = x[i] + sign * y[i]
  }
  return { dtype: a.dtype, shape: a.shape, data }
}

function checkAddable (node: BoundNode, dtype: DType, name: string): void {
  if (!addable.includes(dtype)) node.unimplemented(`${name}=${dtype}`)
}

const update = (sign: 1 | -1): Op => node => {
  checkAddable(node, node.attrs.dtype('dtype'), 'dtype')
  return ([handle, value]) => {
    const variable = behind(handle)
    const current = variable.read()
    const change = tensorOf(value)
    if (!sameShape(current.shape, change.shape)) {
      throw new ModelError(INVALID_ARGUMENT, `Cannot update variable with shape ${text(current.shape)} using a Tensor with shape ${text(change.shape)}, shapes must be equal.`)
    }
    assign(variable, added(current, change, sign))
    return []
  }
}

const makeReference: Op = node => {
  const dtype = node.attrs.dtype('dtype')
  const name = node.attrs.string('shared_name', '') || node.name
  // A space of their own: a reference and a resource variable may bear the same name.
  const key = `ref:${node.attrs.string('container', '')}/${name}`
  let handle: Handle | undefined
  return (_inputs, session) => handle ??= { dtype: 'DT_RESOURCE', shape: [], resource: variableOf(session, key, name, dtype) }
}

const assignReference: Op = node => {
  const validate = node.attrs.bool('validate_shape', true)
  return ([reference, value]) => {
    const variable = behind(reference)
    const next = tensorOf(value)
    if (validate && variable.value !== undefined && !sameShape(variable.value.shape, next.shape)) {
      throw new ModelError(INVALID_ARGUMENT, `Assign requires shapes of both tensors to match. lhs shape= ${text(variable.value.shape)} rhs shape= ${text(next.shape)}`)
    }
    assign(variable, next)
    return reference
  }
}

const updateReference = (sign: 1 | -1): Op => node => {
  checkAddable(node, node.attrs.dtype('T'), 'T')
  return ([reference, value]) => {
    const variable = behind(reference)
    const change = tensorOf(value)
    if (variable.value === undefined) throw new ModelError(FAILED_PRECONDITION, `Attempting to use uninitialized value ${variable.name}`)
    if (!sameShape(variable.value.shape, change.shape)) {
      throw new ModelError(INVALID_ARGUMENT, `Parameters and update must be the same size: ${text(variable.value.shape)} and ${text(change.shape)}`)
    }
    assign(variable, added(variable.value, change, sign))
    return reference
  }
}

const isInitialized: Op = () => ([handle]) => ({ dtype: 'DT_BOOL', shape: [], data: Uint8Array.of(behind(handle).value === undefined ? 0 : 1) })

export const variableOps: OpFamily = {
  VarHandleOp: makeHandle,
  ReadVariableOp: node => {
    const dtype = node.attrs.dtype('dtype')
    return ([handle]) => {
      const value = behind(handle).read()
      if (value.dtype !== dtype) throw new ModelError(INVALID_ARGUMENT, `Trying to read variable with wrong dtype. Expected ${dtypes[dtype].short} got ${dtypes[value.dtype].short}`)
      return value
    }
  },
  AssignVariableOp: () => ([handle, value]) => {
    assign(behind(handle), tensorOf(value))
    return []
  },
  AssignAddVariableOp: update(1),
  AssignSubVariableOp: update(-1),
  VarIsInitializedOp: isInitialized,
  VariableShape: node => {
    const out = node.attrs.dtype('out_type', 'DT_INT32')
    return ([handle]) => {
      const { shape } = behind(handle).read()
      return { dtype: out, shape: [shape.length], data: out === 'DT_INT64' ? BigInt64Array.from(shape, BigInt) : Int32Array.from(shape) }
    }
  },
  DisableCopyOnRead: () => () => [],
  Variable: makeReference,
  VariableV2: makeReference,
  Assign: assignReference,
  AssignAdd: updateReference(1),
  AssignSub: updateReference(-1),
  IsVariableInitialized: isInitialized
}
