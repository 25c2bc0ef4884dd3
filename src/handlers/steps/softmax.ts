// Step: scores → probabilities.

/** exp(x) / Σ exp(x) over each row of `size` numbers (all of them by default), safe for large scores. Throws a RangeError when the values are no whole number of rows. */
export function softmax (scores: ArrayLike<number>, size = scores.length): Float32Array {
  if (size < 1 || scores.length % size !== 0) throw new RangeError(`${scores.length} scores are no rows of ${size}`)
  const result = new Float32Array(scores.length)
  for (let start = 0; start < scores.length; start += size) {
    let largest = -Infinity
    for (let i = start; i < start + size; i++) largest = Math.max(largest, scores[i]!)
    let sum = 0
    for (let i = start; i < start + size; i++) sum += Math.exp(scores[i]! - largest)
    for (let i = start; i < start + size; i++) result[i] = Math.exp(scores[i]! - largest) / sum
  }
  return result
}
