// Step: pixels of one size → pixels of another.
import type { Pixels } from '../../media/picture.js'
import { crop, resize, type ResizeMethod } from '../../media/resize.js'

export interface ResizeOptions {
  /** `bilinear` (default) and `nearest` as tf.image.resize, `area` for much smaller pictures. */
  method?: ResizeMethod
  /** `fill` (default) stretches; `cover` keeps the aspect and cuts off what sticks out; `contain` keeps the aspect and pads with `background`. */
  fit?: 'fill' | 'cover' | 'contain'
  /** Grey value of the padding, 0 to 255. */
  background?: number
}

/** Pixels as real numbers from 0 to 255. */
export interface RealPixels { readonly width: number, readonly height: number, readonly channels: 1 | 3, readonly data: Float32Array }

function cover (pixels: Pixels, width: number, height: number): Pixels {
  const scale = Math.min(pixels.width / width, pixels.height / height)
  const cutWidth = Math.max(1, Math.min(pixels.width, Math.round(width * scale)))
  const cutHeight = Math.max(1, Math.min(pixels.height, Math.round(height * scale)))
  return crop(pixels, Math.floor((pixels.width - cutWidth) / 2), Math.floor((pixels.height - cutHeight) / 2), cutWidth, cutHeight)
}

/** Resizes to `width` × `height`; the values are not rounded. */
export function resizePicture (pixels: Pixels, width: number, height: number, { method = 'bilinear', fit = 'fill', background = 0 }: ResizeOptions = {}): RealPixels {
  const { channels } = pixels
  if (fit === 'fill') return { width, height, channels, data: resize(pixels, width, height, method) }
  if (fit === 'cover') return { width, height, channels, data: resize(cover(pixels, width, height), width, height, method) }
  const scale = Math.min(width / pixels.width, height / pixels.height)
  const innerWidth = Math.max(1, Math.min(width, Math.round(pixels.width * scale)))
  const innerHeight = Math.max(1, Math.min(height, Math.round(pixels.height * scale)))
  const inner = resize(pixels, innerWidth, innerHeight, method)
  const left = Math.floor((width - innerWidth) / 2)
  const top = Math.floor((height - innerHeight) / 2)
  const data = new Float32Array(width * height * channels).fill(background)
  const row = innerWidth * channels
  for (let y = 0; y < innerHeight; y++) data.set(inner.subarray(y * row, (y + 1) * row), ((top + y) * width + left) * channels)
  return { width, height, channels, data }
}
