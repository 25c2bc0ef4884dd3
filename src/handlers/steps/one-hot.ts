// Step: class numbers → rows with a one at that place.

/** Rows of `depth` numbers, flat; an index outside 0…depth−1 gives a row of zeros, as tf.one_hot does. */
export function oneHot (indices: ArrayLike<number>, depth: number): Float32Array {
  const rows = new Float32Array(indices.length * depth)
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!
    if (Number.isInteger(index) && index >= 0 && index < depth) rows[i * depth + index] = 1
  }
  return rows
}
