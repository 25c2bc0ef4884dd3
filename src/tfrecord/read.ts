// Reads a TFRecord file record by record, each held against its checksums. Knows nothing of what the records hold. Source of the format and words: tsl/lib/io/record_reader.cc.
import { open, type FileHandle } from 'node:fs/promises'
import { crc32c, maskCrc } from '../tensor/crc32c.js'

/** A length of 8 bytes and its checksum. */
export const headerBytes = 12
/** The checksum of the data. */
export const footerBytes = 4

/** A file that is no (whole) TFRecord file. The message is TensorFlow's own. */
export class RecordError extends Error {
  /** How many records before it are good. */
  readonly after: number
  constructor (message: string, after: number) {
    super(message)
    this.name = 'RecordError'
    this.after = after
  }
}

/** Fills the buffer from `position` on as far as the file goes; the bytes that there were. */
async function fill (file: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let length = 0
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, position + length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return length
}

/**
 * The records of a file, one at a time in memory, each in a buffer of its own. A record of more than `maxBytes` is not read: RecordError, as for a damaged or cut one.
 * Returns how many bytes are left over at the end: too few for another record's head, which TensorFlow takes for the end of the file. Throws what opening the file throws.
 */
export async function * readRecords (path: string, maxBytes: number): AsyncGenerator<Buffer, number> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const head = Buffer.allocUnsafe(headerBytes)
    const hint = (at: number): string => at === 0 ? ' (Is this even a TFRecord file?)' : ''
    let at = 0
    for (let count = 0; ; count++) {
      const got = await fill(file, head, at)
      if (got < headerBytes) return got
      if (maskCrc(crc32c(head.subarray(0, 8))) !== head.readUInt32LE(8)) throw new RecordError(`corrupted record at ${at}${hint(at)}`, count)
      const length = head.readBigUInt64LE(0)
      const start = at + headerBytes
      if (BigInt(start) + length + BigInt(footerBytes) > BigInt(size)) throw new RecordError(`truncated record at ${at}' failed with Read less bytes than requested`, count)
      if (length > BigInt(maxBytes)) throw new RecordError(`record at ${at} has ${length} bytes; at most ${maxBytes} are taken`, count)
      const body = Buffer.allocUnsafeSlow(Number(length) + footerBytes)
      if (await fill(file, body, start) < body.length) throw new RecordError(`truncated record at ${at}' failed with Read less bytes than requested`, count)
      const data = body.subarray(0, Number(length))
      if (maskCrc(crc32c(data)) !== body.readUInt32LE(data.length)) throw new RecordError(`corrupted record at ${start}${hint(start)}`, count)
      yield data
      at = start + body.length
    }
  } finally {
    await file.close()
  }
}
