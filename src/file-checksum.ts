// The checksum of one file, read as a stream. Knows nothing of what it holds.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** sha256 (hex). Rejects with the system's error. */
export async function fileChecksum (file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
