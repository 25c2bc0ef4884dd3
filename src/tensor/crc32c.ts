// CRC-32C (Castagnoli), and the masking that LevelDB tables, TensorFlow's bundles and TFRecord files store it with. Knows no file.

/** Eight tables of 256: the checksum of a byte followed by 0 to 7 zero bytes, so that eight bytes are taken per step. */
const tables = new Int32Array(8 * 256)
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  tables[byte] = crc
}
for (let i = 256; i < tables.length; i++) tables[i] = (tables[i - 256] >>> 8) ^ tables[tables[i - 256] & 255]

/** Checksum of `bytes`, or of what `before` is the checksum of followed by `bytes`. Unsigned. */
export function crc32c (bytes: Uint8Array, before = 0): number {
  const t = tables
  let crc = ~before
  let at = 0
  const eights = bytes.length - 7
  while (at < eights) {
    crc ^= bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24
    crc = t[1792 + (crc & 255)] ^ t[1536 + (crc >>> 8 & 255)] ^ t[1280 + (crc >>> 16 & 255)] ^ t[1024 + (crc >>> 24)] ^
      t[768 + bytes[at + 4]] ^ t[512 + bytes[at + 5]] ^ t[256 + bytes[at + 6]] ^ t[bytes[at + 7]]
    at += 8
  }
  while (at < bytes.length) crc = t[(crc ^ bytes[at++]) & 255] ^ (crc >>> 8)
  return ~crc >>> 0
}

/** The stored form of a checksum: rotated right by 15 bits plus a constant [leveldb `util/crc32c.h`]. */
export const maskCrc = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
