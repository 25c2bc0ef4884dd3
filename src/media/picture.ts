// Reads encoded pictures (PNG, JPEG, WebP, GIF's first frame) into pixels, with sharp. Knows no tensors.
import type { Sharp } from 'sharp'
import { pictureType } from './picture-type.js'
import { PixelGate } from './pixel-gate.js'

/** Pixels row by row, from the top left, `channels` bytes each: grey, or red green blue. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly data: Uint8Array
}

/** The bytes are no picture that can be read; the message is for the caller. */
export class PictureError extends Error {}

export interface ReadPictureOptions {
  /** 1 for grey, 3 for colour (default). */
  channels?: 1 | 3
  /** What stands behind transparent parts; white by default. */
  background?: string
  /** Pictures with more pixels are refused before they are decoded. */
  maxPixels?: number
  /** When the picture must have had its turn, in milliseconds since the epoch; in half a minute by default. */
  deadline?: number
}

/** A small file can hold a picture that fills the memory: 50 megapixels are 150 MB of pixels, and more than today's telephones make. */
export const defaultMaxPixels = 50_000_000

/** Two of the largest pictures, or a dozen of a telephone's: 300 MB of pixels. */
const gate = new PixelGate({ maxPixels: 2 * defaultMaxPixels, maxWaiting: 64 })

const longestWaitMs = 30_000

async function open (bytes: Uint8Array, maxPixels: number): Promise<Sharp> {
  const { default: sharp } = await import('sharp')
  sharp.concurrency(1)
  sharp.cache(false)
  return sharp(bytes, { limitInputPixels: maxPixels, failOn: 'truncated', sequentialRead: true, pages: 1 })
}

/** sharp's texts carry names of libraries and lines of their logs; the caller gets the first line. */
const firstLine = (error: unknown): string => error instanceof Error ? error.message.split('\n')[0]!.slice(0, 200) : 'unknown fault'

/**
 * Decodes a picture: turned as its EXIF orientation says, colours as sRGB or grey, 8 bits each, transparent parts over the background.
 * Throws a PictureError for bytes that are no picture, damaged, cut off or too large, SERVICE_OVERLOADED when more pictures came than can be decoded.
 */
export async function readPicture (bytes: Uint8Array, options: ReadPictureOptions = {}): Promise<Pixels> {
  return await withPicture(bytes, options, pixels => pixels)
}

/** What the work makes of the pixels; until then they count among those that are decoded at once. Throws like `readPicture`, and what the work throws. */
export async function withPicture<T> (bytes: Uint8Array, { channels = 3, background = '#ffffff', maxPixels = defaultMaxPixels, deadline = Date.now() + longestWaitMs }: ReadPictureOptions, work: (pixels: Pixels) => T): Promise<T> {
  const type = pictureType(bytes)
  if (type === undefined) throw new PictureError(bytes.length === 0 ? 'the picture is empty' : 'the bytes are no PNG, JPEG, WebP or GIF picture')
  const name = type.slice(6).toUpperCase()
  const unreadable = (error: unknown): never => {
    if (/pixel limit/i.test(firstLine(error))) throw new PictureError(`the picture has more pixels than the limit of ${maxPixels}`, { cause: error })
    throw new PictureError(`the ${name} picture cannot be read: ${firstLine(error)}`, { cause: error })
  }
  const picture = await open(bytes, maxPixels)
  const { width = 0, height = 0 } = await picture.metadata().catch(unreadable)
  if (width * height > maxPixels) throw new PictureError(`the picture has ${width} × ${height} pixels, more than the limit of ${maxPixels}`)
  return await gate.run(width * height, deadline, async () => {
    const upright = picture.autoOrient().flatten({ background })
    const { data, info } = await (channels === 1 ? upright.toColourspace('b-w') : upright.toColourspace('srgb')).raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }).catch(unreadable)
    if (info.channels !== channels) throw new PictureError(`the ${name} picture has ${info.channels} channels where ${channels} are needed`)
    return work({ width: info.width, height: info.height, channels, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) })
  })
}
