// An answer that is not JSON: bytes with a media type. Knows nothing of how it is sent.

/** What `media` makes; a handler's `postprocess` returns it. */
export class MediaAnswer {
  readonly mediaType: string
  readonly bytes: Uint8Array

  constructor (mediaType: string, bytes: Uint8Array) {
    this.mediaType = mediaType
    this.bytes = bytes
  }
}

/** Makes `postprocess` answer these bytes with this media type, e.g. `media('image/png', png)`. Text is sent as UTF-8. Throws a TypeError for anything else. */
export function media (mediaType: string, bytes: Uint8Array | string): MediaAnswer {
  if (!/^[\w.+-]+\/[\w.+-]+(\s*;\s*[\w-]+=[\w."-]+)*$/.test(mediaType)) throw new TypeError(`${JSON.stringify(mediaType)} is no media type`)
  const body = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  if (!(body instanceof Uint8Array)) throw new TypeError('media takes a Uint8Array or a text')
  return new MediaAnswer(mediaType, body)
}
