// Writes TFRecord files, whole or not at all. Knows nothing of what the records hold. Source of the format: tsl/lib/io/record_writer.cc.
import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { crc32c, maskCrc } from '../tensor/crc32c.js'
import { footerBytes, headerBytes } from './read.js'

/** How many bytes of a file a record of so many bytes takes. */
export const frameBytes = (length: number): number => headerBytes + length + footerBytes

/** A record as it lies in the file: length, its checksum, data, their checksum. */
export function frame (data: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(frameBytes(data.length))
  bytes.writeBigUInt64LE(BigInt(data.length), 0)
  bytes.writeUInt32LE(maskCrc(crc32c(bytes.subarray(0, 8))), 8)
  bytes.set(data, headerBytes)
  bytes.writeUInt32LE(maskCrc(crc32c(data)), headerBytes + data.length)
  return bytes
}

/**
 * Writes the records to a file of another name (one that watchers of model folders know as unfinished) and renames it into place, over a file that is there. Makes the folder.
 * Resolves to the file's bytes once they are on the disk; rejects with the system's error, and leaves nothing behind.
 */
export async function writeRecords (path: string, records: Iterable<Uint8Array>): Promise<number> {
  await mkdir(dirname(path), { recursive: true })
  const draft = join(dirname(path), `.tmp-${basename(path)}-${randomBytes(4).toString('hex')}`)
  let length = 0
  try {
    const file = await open(draft, 'wx')
    try {
      for (const record of records) {
        const bytes = frame(record)
        await file.writeFile(bytes)
        length += bytes.length
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  return length
}
