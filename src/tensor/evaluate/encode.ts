// Tensors → the JSON answer of the evaluate API: an object of outputs by name, numbers in their shortest text. Knows no HTTP.
import { dtypeRow } from '../dtype.js'
import { elementCount, type Tensor, type Tensors } from '../tensor.js'
import { elementWriter } from './element.js'

function writeTensor (tensor: Tensor, shape: readonly number[]): string {
  const { dtype, data } = tensor
  const write = elementWriter(dtype)
  const lanes = dtypeRow(dtype).lanes ?? 1
  const sizes = lanes === 1 ? shape : [...shape, lanes]
  if (data.length < elementCount(sizes)) throw new TypeError(`a tensor of shape [${shape.join(', ')}] holds only ${data.length} values`)
  if (sizes.length === 0) return write(data[0]!)
  if (elementCount(sizes) === 0) return writeEmpty(sizes)
  const parts: string[] = []
  const row = sizes.at(-1)!
  let next = 0
  const visit = (depth: number): void => {
    parts.push('[')
    if (depth === sizes.length - 1) {
      for (let i = 0; i < row; i++) parts.push(i === 0 ? '' : ',', write(data[next++]!))
    } else {
      for (let i = 0; i < sizes[depth]!; i++) {
        if (i > 0) parts.push(',')
        visit(depth + 1)
      }
    }
    parts.push(']')
  }
  visit(0)
  return parts.join('')
}

const writeEmpty = ([size, ...rest]: readonly number[]): string => size === undefined || size === 0 ? '[]' : `[${new Array<string>(size).fill(writeEmpty(rest)).join(',')}]`

/** One tensor as JSON, with all its dimensions. */
export const tensorText = (tensor: Tensor): string => writeTensor(tensor, tensor.shape)

/** `{"name":…}` for every output, in the order given. `plain` drops all dimensions of size one, so that one value stands without lists. */
export function encodeOutputs (outputs: Tensors, { plain }: { plain: boolean }): Buffer {
  const members = Object.entries(outputs).map(([name, tensor]) => `${JSON.stringify(name)}:${writeTensor(tensor, plain ? tensor.shape.filter(size => size !== 1) : tensor.shape)}`)
  return Buffer.from(`{${members.join(',')}}`)
}
