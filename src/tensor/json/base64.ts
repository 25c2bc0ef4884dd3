// Base64 by the rules of TensorFlow Serving's REST: standard alphabet only, padding complete or left out, white space skipped. Source: section 5.4.

/** Value of each base64 character; 64 for white space, 65 for padding, 66 for anything else. */
const SPACE = 64
const PADDING = 65
const table = new Uint8Array(256).fill(66)
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
for (let i = 0; i < 64; i++) table[alphabet.charCodeAt(i)] = i
for (const blank of ' \t\n\v\f\r') table[blank.charCodeAt(0)] = SPACE
table['='.charCodeAt(0)] = PADDING
table['.'.charCodeAt(0)] = PADDING

/** The decoded bytes, or undefined when the text is not valid. */
export const decodeBase64 = (text: Buffer): Buffer | undefined => decodePlain(text) ?? decodeAny(text)

/**
 * The short way, for text of nothing but the alphabet and its padding; undefined for any other, valid or not. Node's decoder passes over what it does not
 * know, which shows in the length, and knows two characters besides: the last ones of the other alphabet.
 */
function decodePlain (text: Buffer): Buffer | undefined {
  const { length } = text
  const padding = length > 0 && text[length - 1] === 0x3d ? text[length - 2] === 0x3d ? 2 : 1 : 0
  if (padding === 0 ? length % 4 === 1 : length % 4 !== 0) return undefined
  if (text.includes(0x2d) || text.includes(0x5f)) return undefined
  const bytes = Buffer.from(text.toString('latin1'), 'base64')
  return bytes.length === Math.floor((length - padding) * 3 / 4) ? bytes : undefined
}

/** The reference for what is valid. */
function decodeAny (text: Buffer): Buffer | undefined {
  let characters = 0
  let padding = 0
  for (let i = 0; i < text.length; i++) {
    const value = table[text[i]]
    if (value < 64) {
      if (padding > 0) return undefined
      characters++
    } else if (value === PADDING) padding++
    else if (value !== SPACE) return undefined
  }
  const rest = characters % 4
  if (rest === 1) return undefined
  if (padding > 0 && (rest === 0 || padding !== 4 - rest)) return undefined
  // Node's decoder skips white space and stops at the padding; "." has been checked to stand only where the padding does.
  return Buffer.from(text.toString('latin1').replace('.', '='), 'base64')
}
