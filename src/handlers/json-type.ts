// Which media types are JSON. Knows no bodies.

/** Of a media type without parameters, in lower case. */
export const isJsonType = (mediaType: string | undefined): boolean => mediaType === 'application/json' || mediaType?.endsWith('+json') === true
