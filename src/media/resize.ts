// Resizes and crops pixels the way TensorFlow's image functions do, so that service and training agree. Knows no file formats.
import type { Pixels } from './picture.js'

/**
 * `bilinear` and `nearest`: as `tf.image.resize` with half-pixel centres and no antialiasing (Keras' Resizing layer). `area`: the mean of the area that a pixel covers, as `tf.image.resize(method='area')`,
 * the right one for making a picture much smaller.
 */
export type ResizeMethod = 'bilinear' | 'nearest' | 'area'

/** Which source pixels make a target pixel along one axis: positions and weights, the weights sum to one. */
type Taps = readonly (readonly [position: number, weight: number][])[]

function taps (from: number, to: number, method: ResizeMethod): Taps {
  const scale = from / to
  return Array.from({ length: to }, (_, i) => {
    if (method === 'nearest') return [[Math.min(from - 1, Math.floor((i + 0.5) * scale)), 1]]
    if (method === 'area') {
      const start = i * scale
      const end = Math.min(from, (i + 1) * scale)
      const covered: [number, number][] = []
      for (let at = Math.floor(start); at < end; at++) covered.push([at, (Math.min(end, at + 1) - Math.max(start, at)) / (end - start)])
      return covered
    }
    const centre = (i + 0.5) * scale - 0.5
    const low = Math.floor(centre)
    const weight = centre - low
    return [[Math.max(0, low), 1 - weight], [Math.min(from - 1, low + 1), weight]]
  })
}

/** Pixels of the new size as real numbers (0 to 255), row by row, not rounded: what the model's own resizing would hand on. */
export function resize ({ width, height, channels, data }: Pixels, toWidth: number, toHeight: number, method: ResizeMethod = 'bilinear'): Float32Array {
  if (!(toWidth > 0 && toHeight > 0 && Number.isInteger(toWidth) && Number.isInteger(toHeight))) throw new RangeError(`a picture cannot have the size ${toWidth} × ${toHeight}`)
  const columns = taps(width, toWidth, method)
  const lines = taps(height, toHeight, method)
  const narrow = new Float32Array(height * toWidth * channels)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < toWidth; x++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0
        for (const [from, weight] of columns[x]!) sum += weight * data[(y * width + from) * channels + c]!
        narrow[(y * toWidth + x) * channels + c] = sum
      }
    }
  }
  const row = toWidth * channels
  const result = new Float32Array(toHeight * row)
  for (let y = 0; y < toHeight; y++) {
    for (const [from, weight] of lines[y]!) {
      for (let at = 0; at < row; at++) result[y * row + at]! += weight * narrow[from * row + at]!
    }
  }
  return result
}

/** Cuts a rectangle out. Throws a RangeError when it does not lie inside the picture. */
export function crop (pixels: Pixels, left: number, top: number, width: number, height: number): Pixels {
  if (![left, top, width, height].every(Number.isInteger) || left < 0 || top < 0 || width < 1 || height < 1 || left + width > pixels.width || top + height > pixels.height) {
    throw new RangeError(`the rectangle ${width} × ${height} at ${left}, ${top} is not inside the picture of ${pixels.width} × ${pixels.height}`)
  }
  const { channels } = pixels
  const data = new Uint8Array(width * height * channels)
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * pixels.width + left) * channels
    data.set(pixels.data.subarray(from, from + width * channels), y * width * channels)
  }
  return { width, height, channels, data }
}
