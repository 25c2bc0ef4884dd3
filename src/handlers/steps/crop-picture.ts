// Step: a rectangle out of a picture.
import { crop } from '../../media/resize.js'
import type { Pixels } from '../../media/picture.js'

/** The rectangle of `width` × `height` whose top left corner is at `left`, `top`. Throws a RangeError when it sticks out. */
export const cropPicture = (pixels: Pixels, { left, top, width, height }: { left: number, top: number, width: number, height: number }): Pixels => crop(pixels, left, top, width, height)

/** The largest rectangle of the given size from the middle, made smaller where the picture is. */
export function cropCentre (pixels: Pixels, width: number, height: number): Pixels {
  const w = Math.min(width, pixels.width)
  const h = Math.min(height, pixels.height)
  return crop(pixels, Math.floor((pixels.width - w) / 2), Math.floor((pixels.height - h) / 2), w, h)
}
