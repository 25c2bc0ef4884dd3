// Tensors → the JSON answer of the evaluate API: an object of outputs by name, numbers in their shortest text. Knows no HTTP.
import { dtypeRow } from '../dtype.js'
import { elementCount, type Tensor, type Tensors } from '../tensor.js'
import { TextWriter } from '../text-writer.js'
import { elementPutter } from './element.js'

const OPEN = 0x5b
const CLOSE = 0x5d
const COMMA = 0x2c

function putTensor (out: TextWriter, tensor: Tensor, shape: readonly number[]): void {
  const { dtype, data } = tensor
  const put = elementPutter(dtype)
  const lanes = dtypeRow(dtype).lanes ?? 1
  const sizes = lanes === 1 ? shape : [...shape, lanes]
  if (data.length < elementCount(sizes)) throw new TypeError(`a tensor of shape [${shape.join(', ')}] holds only ${data.length} values`)
  let next = 0
  const visit = (depth: number): void => {
    if (depth === sizes.length) return put(out, data[next++]!)
    const size = sizes[depth]!
    out.byte(OPEN)
    for (let i = 0; i < size; i++) {
      if (i > 0) out.byte(COMMA)
      visit(depth + 1)
    }
    out.byte(CLOSE)
  }
  visit(0)
}

/** Room for the text, as a rule: a number takes about ten bytes. More is made where it is needed. */
const expectedBytes = (tensor: Tensor): number => 64 + tensor.data.length * 11

/** One tensor as JSON, with all its dimensions. Throws a TypeError for one that holds too few values. */
export function tensorText (tensor: Tensor): string {
  const out = new TextWriter(expectedBytes(tensor))
  putTensor(out, tensor, tensor.shape)
  return out.text()
}

/** `{"name":…}` for every output, in the order given. `plain` drops all dimensions of size one, so that one value stands without lists. Throws like `tensorText`. */
export function encodeOutputs (outputs: Tensors, { plain }: { plain: boolean }): Buffer {
  const entries = Object.entries(outputs)
  const out = new TextWriter(entries.reduce((sum, [, tensor]) => sum + expectedBytes(tensor), 0))
  entries.forEach(([name, tensor], i) => {
    out.utf8(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)
    putTensor(out, tensor, plain ? tensor.shape.filter(size => size !== 1) : tensor.shape)
  })
  out.ascii(entries.length === 0 ? '{}' : '}')
  return out.finish()
}
