// Snappy's raw block format, decompression only. Source: snappy's format_description.txt.

const fault = (what: string): Error => new Error(`corrupted compressed block: ${what}`)

/** Announced sizes beyond this are damage: a table's block is some KiB. */
const maxBytes = 64 * 1024 * 1024

/** Length of the uncompressed bytes, and where the elements start. */
function readLength (input: Uint8Array): [length: number, at: number] {
  let length = 0
  for (let at = 0; at < 5 && at < input.length; at++) {
    length += (input[at] & 127) * 2 ** (7 * at)
    if (input[at] < 128) {
      if (length > maxBytes) throw fault(`${length} bytes announced`)
      return [length, at + 1]
    }
  }
  throw fault('no length')
}

/** The uncompressed bytes, newly allocated. Throws an Error for anything that is not a whole, well-formed block. */
export function uncompressSnappy (input: Uint8Array): Buffer {
  const [length, start] = readLength(input)
  const output = Buffer.alloc(length)
  let at = start
  let to = 0
  const need = (bytes: number): void => { if (at + bytes > input.length) throw fault('truncated') }
  const littleEndian = (bytes: number): number => {
    need(bytes)
    let value = 0
    for (let i = 0; i < bytes; i++) value += input[at++] * 2 ** (8 * i)
    return value
  }
  while (at < input.length) {
    const tag = input[at++]
    if ((tag & 3) === 0) {
      const size = (tag >> 2) < 60 ? (tag >> 2) + 1 : littleEndian((tag >> 2) - 59) + 1
      need(size)
      if (to + size > length) throw fault('more bytes than announced')
      output.set(input.subarray(at, at + size), to)
      at += size
      to += size
      continue
    }
    const size = (tag & 3) === 1 ? (tag >> 2 & 7) + 4 : (tag >> 2) + 1
    const offset = (tag & 3) === 1 ? (tag >> 5) * 256 + littleEndian(1) : littleEndian((tag & 3) === 2 ? 2 : 4)
    if (offset === 0 || offset > to || to + size > length) throw fault('copy out of range')
    // Byte by byte: source and target may overlap, which repeats a pattern.
    for (let i = 0; i < size; i++, to++) output[to] = output[to - offset]
  }
  if (to !== length) throw fault('fewer bytes than announced')
  return output
}
