// Step: an encoded picture → pixels.
import { InvalidInput } from '../invalid-input.js'
import { PictureError, readPicture, type Pixels, type ReadPictureOptions } from '../../media/picture.js'

/**
 * Decodes PNG, JPEG, WebP or a GIF's first frame to 8-bit pixels: upright by EXIF, grey (`channels: 1`) or red green blue, transparent parts over white.
 * Throws InvalidInput for what is no picture, is damaged or has more pixels than `maxPixels`.
 */
export async function decodePicture (bytes: Uint8Array, options: ReadPictureOptions & { /** Where the bytes stood in the request. */ pointer?: string } = {}): Promise<Pixels> {
  try {
    return await readPicture(bytes, options)
  } catch (error) {
    if (error instanceof PictureError) throw new InvalidInput(error.message, options.pointer ?? '')
    throw error
  }
}
