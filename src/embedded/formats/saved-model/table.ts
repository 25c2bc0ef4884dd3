// LevelDB's sorted table, as TensorFlow's bundles use it for their index: all of it read and checked at once. Knows nothing of tensors.
import { crc32c, maskCrc } from '../../../tensor/crc32c.js'
import { uncompressSnappy } from './snappy.js'

/** The last bytes of a table: two block handles, padding to 40 bytes, a magic number [leveldb `table/format.h`]. */
const footerBytes = 48
const handlesBytes = 40
const magic = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]

/** After each block: a byte that says how it is compressed, and the masked checksum of block and byte. */
const trailerBytes = 5

interface BlockHandle { readonly offset: number, readonly size: number }

class Cursor {
  readonly bytes: Buffer
  at: number
  readonly end: number
  constructor (bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  varint (): number {
    let value = 0
    for (let shift = 0; shift < 8; shift++) {
      if (this.at >= this.end) throw new Error('truncated number')
      const byte = this.bytes[this.at++]
      value += (byte & 127) * 2 ** (7 * shift)
      if (byte < 128) {
        // A last byte of 0 would be another spelling of the same number: nobody writes it.
        if (!Number.isSafeInteger(value) || (byte === 0 && shift > 0)) break
        return value
      }
    }
    throw new Error('malformed number')
  }

  take (length: number): Buffer {
    if (this.at + length > this.end) throw new Error('truncated entry')
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  handle (): BlockHandle { return { offset: this.varint(), size: this.varint() } }
}

/** A block's content, its checksum verified and its compression undone. */
function readBlock (file: Buffer, { offset, size }: BlockHandle): Buffer {
  const end = offset + size
  if (end + trailerBytes > file.length - footerBytes) throw new Error('block outside of the file')
  if (maskCrc(crc32c(file.subarray(offset, end + 1))) !== file.readUInt32LE(end + 1)) throw new Error(`block checksum mismatch at byte ${offset}`)
  const content = file.subarray(offset, end)
  if (file[end] === 0) return content
  if (file[end] === 1) return uncompressSnappy(content)
  throw new Error(`bad block type ${file[end]}`)
}

/** The entries of a block: keys share a prefix with their predecessor; the restart points at the end are not needed for reading in order. */
function * entriesOf (block: Buffer): Generator<[key: Buffer, value: Buffer]> {
  if (block.length < 4) throw new Error('block without restart points')
  const restarts = block.readUInt32LE(block.length - 4)
  const end = block.length - 4 - restarts * 4
  if (end < 0) throw new Error('bad restart points')
  const cursor = new Cursor(block, 0, end)
  let key = Buffer.alloc(0)
  while (cursor.at < end) {
    const shared = cursor.varint()
    const unshared = cursor.varint()
    const valueLength = cursor.varint()
    if (shared > key.length) throw new Error('bad shared prefix')
    key = Buffer.concat([key.subarray(0, shared), cursor.take(unshared)])
    yield [key, cursor.take(valueLength)]
  }
}

/**
 * All entries of the table in order of their keys; the keys are read as latin1 text, byte for byte.
 * Every byte of the file is checked (checksums, padding, no gaps between blocks). Throws an Error that says what is wrong.
 */
export function readTable (file: Buffer): Map<string, Buffer> {
  if (file.length < footerBytes) throw new Error('file is too short to be an sstable')
  const footer = file.length - footerBytes
  if (magic.some((byte, i) => file[footer + handlesBytes + i] !== byte)) throw new Error('not an sstable (bad magic number)')
  const cursor = new Cursor(file, footer, footer + handlesBytes)
  const meta = cursor.handle()
  const index = cursor.handle()
  while (cursor.at < cursor.end) if (file[cursor.at++] !== 0) throw new Error('bad padding in the footer')

  let covered = meta.size + index.size + 2 * trailerBytes
  readBlock(file, meta)
  const entries = new Map<string, Buffer>()
  let last: Buffer | undefined
  for (const [, value] of entriesOf(readBlock(file, index))) {
    const handle = new Cursor(value).handle()
    covered += handle.size + trailerBytes
    for (const [key, entry] of entriesOf(readBlock(file, handle))) {
      if (last !== undefined && Buffer.compare(last, key) >= 0) throw new Error('keys out of order')
      last = key
      entries.set(key.toString('latin1'), entry)
    }
  }
  if (covered !== footer) throw new Error(`blocks cover ${covered} of ${footer} bytes`)
  return entries
}
