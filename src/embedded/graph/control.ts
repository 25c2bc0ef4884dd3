// Ops that hold a graph together: constants, placeholders, identities, calls of functions, conditions and loops, assertions.
import { dtypes } from '../../tensor/dtype.js'
import { elementCount, type Tensor, type TensorData } from '../../tensor/tensor.js'
import { ModelError } from '../formats/format.js'
import { FAILED_PRECONDITION, INVALID_ARGUMENT } from '../status.js'
import type { Op, OpFamily, Value } from './kernel.js'

/** An own copy, so that the graph's bytes can be freed. */
function copyData (data: TensorData): TensorData {
  return ArrayBuffer.isView(data) ? data.slice() : data.map(text => new Uint8Array(text))
}

const constant: Op = node => {
  const { dtype, shape, data } = node.attrs.tensor('value')
  const declared = node.attrs.dtype('dtype')
  if (declared !== dtype) throw new ModelError(INVALID_ARGUMENT, `Const ${node.name} says ${dtypes[declared].short} and holds ${dtypes[dtype].short}`)
  const value: Tensor = { dtype, shape, data: copyData(data) }
  return () => value
}

const shapeText = (shape: readonly number[] | undefined): string =>
  shape === undefined ? '<unknown>' : `[${shape.map(size => size < 0 ? '?' : size).join(',')}]`

const placeholder: Op = node => {
  const dtype = node.attrs.dtype('dtype')
  const shape = node.attrs.shape('shape', undefined)
  const message = `You must feed a value for placeholder tensor '${node.name}' with dtype ${dtypes[dtype].short} and shape ${shapeText(shape)}`
  return () => { throw new ModelError(INVALID_ARGUMENT, message) }
}

const first: Op = () => inputs => inputs[0]

const all: Op = () => inputs => inputs

const nothing: Op = () => () => []

const call: Op = node => node.bindFunction(node.attrs.func('f'))

/** As conditions of If and While read a tensor: a scalar by its value (a text by its length), anything else by whether it has elements. */
function isTrue (value: Value): boolean {
  if (!('data' in value)) throw new ModelError(INVALID_ARGUMENT, 'A condition must be a tensor')
  if (value.shape.length > 0) return elementCount(value.shape) > 0
  const element = value.data[0]
  return typeof element === 'object' ? element.length > 0 : Boolean(element)
}

const branch: Op = node => {
  const onTrue = node.bindFunction(node.attrs.func('then_branch'))
  const onFalse = node.bindFunction(node.attrs.func('else_branch'))
  return ([condition, ...inputs], session) => isTrue(condition) ? onTrue(inputs, session) : onFalse(inputs, session)
}

const loop: Op = node => {
  const condition = node.bindFunction(node.attrs.func('cond'))
  const body = node.bindFunction(node.attrs.func('body'))
  return (inputs, session) => {
    let values: readonly Value[] = inputs
    for (;;) {
      const [goOn] = condition(values, session)
      if (goOn === undefined) throw new ModelError(INVALID_ARGUMENT, 'The condition of a loop gave nothing')
      if (!isTrue(goOn)) return values
      values = body(values, session)
      if (values.length !== inputs.length) throw new ModelError(FAILED_PRECONDITION, `The body of a loop gave ${values.length} values for ${inputs.length}`)
    }
  }
}

function summary (value: Value, count: number): string {
  if (!('data' in value)) return '<handle>'
  const texts = Array.from(value.data.slice(0, count) as ArrayLike<unknown>, element => element instanceof Uint8Array ? Buffer.from(element).toString() : String(element))
  return `[${texts.join(' ')}${value.data.length > count ? '...' : ''}]`
}

const assertion: Op = node => {
  const count = node.attrs.int('summarize', 3)
  return ([condition, ...data]) => {
    if (!('data' in condition) || condition.dtype !== 'DT_BOOL' || condition.shape.length > 0) throw new ModelError(INVALID_ARGUMENT, 'In[0] of an assertion should be a boolean scalar')
    if (condition.data[0] === 0) throw new ModelError(INVALID_ARGUMENT, `assertion failed: ${data.map(value => summary(value, count)).join(' ')}`)
    return []
  }
}

export const controlOps: OpFamily = {
  Const: constant,
  Placeholder: placeholder,
  PlaceholderV2: placeholder,
  PlaceholderWithDefault: first,
  Identity: first,
  IdentityN: all,
  StopGradient: first,
  PreventGradient: first,
  Snapshot: first,
  EnsureShape: node => {
    const shape = node.attrs.shape('shape')
    return ([value]) => {
      const fits = shape === undefined || (shape.length === value.shape.length && shape.every((size, i) => size < 0 || size === value.shape[i]))
      if (!fits) throw new ModelError(INVALID_ARGUMENT, `Shape of tensor ${node.name} [${value.shape.join(',')}] is not compatible with expected shape ${shapeText(shape)}.`)
      return value
    }
  },
  NoOp: nothing,
  PartitionedCall: call,
  StatefulPartitionedCall: call,
  If: branch,
  StatelessIf: branch,
  While: loop,
  StatelessWhile: loop,
  Assert: assertion
}
