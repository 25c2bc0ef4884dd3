// Schema members that hold bytes: a picture, a sound, any file. Knows how they are described; request.ts fills them.
import { Type } from 'typebox'

/** Where a schema keeps the media types that a member takes. */
export const mediaTypesKeyword = 'x-media-types'

export interface BytesOptions {
  /** Media types that a body or form part may have to fill this member; any when left out. */
  mediaTypes?: readonly string[]
  description?: string
}

/**
 * A member that reaches the handler as a Uint8Array. The caller sends it as base64 text or `{"b64": "…"}` in JSON, as a file part of multipart/form-data,
 * or, where it is the only such member and nothing else is required, as the whole body.
 */
export function Bytes ({ mediaTypes, description }: BytesOptions = {}) {
  return Type.Unsafe<Uint8Array>({
    type: 'string',
    contentEncoding: 'base64',
    ...(mediaTypes?.length === 1 ? { contentMediaType: mediaTypes[0] } : {}),
    ...(mediaTypes === undefined ? {} : { [mediaTypesKeyword]: [...mediaTypes] }),
    ...(description === undefined ? {} : { description })
  })
}

/** The media types of pictures that `decodePicture` reads. */
export const pictureTypes = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'] as const

/** A member that holds an encoded picture (PNG or JPEG unless told otherwise); read it with `decodePicture`. */
export function Picture ({ mediaTypes = ['image/png', 'image/jpeg'], description = 'An encoded picture' }: BytesOptions = {}) {
  return Bytes({ mediaTypes, description })
}
