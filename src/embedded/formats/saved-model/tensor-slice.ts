// Slices of tensors as checkpoints name them: the text form in restore ops, and the key of a stored slice. Knows no file. Sources: tensorflow/core/framework/tensor_slice.h, lib/strings/ordered_code.h, util/saved_tensor_slice_util.h.

/** One dimension of a slice; a length of -1 is the whole dimension (and start 0). */
export interface Extent { readonly start: number, readonly length: number }

export interface SliceSpec { readonly shape: readonly number[], readonly extents: readonly Extent[] }

/**
 * Reads `shape_and_slice` of a restore op, e.g. `4 10 0,2:-` (full shape 4×10, rows 0 and 1, all columns); undefined for the empty text, which means the whole tensor.
 * Throws an Error that says what does not fit.
 */
export function parseShapeAndSlice (text: string): SliceSpec | undefined {
  if (text === '') return undefined
  const words = text.split(' ')
  const spec = words.pop()!
  const shape = words.map(Number)
  const extents = spec.split(':').map(part => {
    if (part === '-') return { start: 0, length: -1 }
    const [start, length, ...rest] = part.split(',').map(Number)
    if (rest.length > 0 || !Number.isInteger(start) || !Number.isInteger(length) || start < 0 || length < 1) throw new Error(`bad slice ${JSON.stringify(text)}`)
    return { start, length }
  })
  const fits = extents.length === shape.length && extents.every(({ start, length }, i) => length < 0 || start + length <= shape[i])
  if (!fits || shape.some(size => !Number.isInteger(size) || size < 0)) throw new Error(`bad slice ${JSON.stringify(text)}`)
  return { shape, extents }
}

/** An int64 so that byte order is number order: as many leading one bits as bytes follow, then the number. Only for what fits 32 bits and more, not beyond 2^53. */
function signedKey (value: number): number[] {
  const magnitude = value < 0 ? -value - 1 : value
  if (magnitude < 64) return [0x80 ^ (value & 255)]
  let length = 2
  while (length < 8 && magnitude >= 2 ** (7 * length - 1)) length++
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (let i = 0; i < length; i++) { bytes.unshift(Number(rest & 255n)); rest >>= 8n }
  bytes[0] ^= (0xff << (8 - length)) & 0xff
  return bytes
}

/** The key under which a bundle stores one slice of a tensor, as latin1 text. */
export function sliceKey (name: string, extents: readonly Extent[]): string {
  const text = Buffer.from(name).toString('latin1').replace(/[\x00\xff]/g, byte => byte === '\x00' ? '\x00\xff' : '\xff\x00')
  const numbers = extents.flatMap(({ start, length }) => [...signedKey(start), ...signedKey(length)])
  return `\x00${text}\x00\x01${extents.length === 0 ? '\x00' : `\x01${String.fromCharCode(extents.length)}`}${String.fromCharCode(...numbers)}`
}
