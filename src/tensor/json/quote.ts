// Strings as JSON, with TensorFlow Serving's choice of escapes: upper-case hex, nothing escaped beyond ASCII. Source: section 6.

const short: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const escape = (character: string): string =>
  short[character] ?? `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`

/** The text in quotation marks. */
export const quote = (text: string): string => `"${text.replace(/["\\\u0000-\u001f]/g, escape)}"`
