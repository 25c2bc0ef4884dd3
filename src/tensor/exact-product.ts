// What a product of two doubles lost when it was rounded. Pure.

/** Splits a double into two halves of at most 27 bits (Veltkamp): 2^27 + 1. */
const splitter = 134217729

/** The exact product of the two minus `product`, which is their rounded one (Dekker). Neither may be so large that 2^27 times it overflows. */
export function productError (a: number, b: number, product: number): number {
  let split = splitter * a
  const aHigh = split - (split - a)
  const aLow = a - aHigh
  split = splitter * b
  const bHigh = split - (split - b)
  const bLow = b - bHigh
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)
}
