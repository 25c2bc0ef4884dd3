// Tells a picture's media type by its first bytes. Decodes nothing.

const startsWith = (bytes: Uint8Array, at: number, text: string): boolean => bytes.length >= at + text.length && [...text].every((char, i) => bytes[at + i] === char.charCodeAt(0))

/** The types that are read; vector and camera formats are not, because their decoders run far more code on a stranger's bytes. */
export type PictureType = 'image/png' | 'image/jpeg' | 'image/webp' | 'image/gif'

/** The type that the bytes have, whatever was said of them; undefined when they are no picture that is read. */
export function pictureType (bytes: Uint8Array): PictureType | undefined {
  if (startsWith(bytes, 0, '\x89PNG\r\n\x1a\n')) return 'image/png'
  if (startsWith(bytes, 0, '\xff\xd8\xff')) return 'image/jpeg'
  if (startsWith(bytes, 0, 'RIFF') && startsWith(bytes, 8, 'WEBP')) return 'image/webp'
  if (startsWith(bytes, 0, 'GIF87a') || startsWith(bytes, 0, 'GIF89a')) return 'image/gif'
  return undefined
}
