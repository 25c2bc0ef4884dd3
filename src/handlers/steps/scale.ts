// Steps: numbers scaled linearly, or standardised by mean and deviation of the training data.

/** value × factor + offset, for each. */
export const scale = (values: ArrayLike<number>, factor: number, offset = 0): Float32Array => Float32Array.from(values, value => value * factor + offset)

/** From the range `from` to the range `to`, e.g. `rescale(pixels, [0, 255], [-1, 1])`. */
export function rescale (values: ArrayLike<number>, from: readonly [number, number], to: readonly [number, number] = [0, 1]): Float32Array {
  const factor = (to[1] - to[0]) / (from[1] - from[0])
  if (!Number.isFinite(factor)) throw new RangeError('the range to scale from is empty')
  return Float32Array.from(values, value => (value - from[0]) * factor + to[0])
}

/**
 * (value − mean) / deviation per feature: the values are rows of as many features as there are means. A deviation of zero counts as one, as in scikit-learn's StandardScaler.
 * Throws a RangeError when the values are no whole number of rows.
 */
export function standardise (values: ArrayLike<number>, mean: readonly number[], deviation: readonly number[]): Float32Array {
  const features = mean.length
  if (deviation.length !== features || features === 0 || values.length % features !== 0) throw new RangeError(`${values.length} values are no rows of ${features} features with ${deviation.length} deviations`)
  return Float32Array.from(values, (value, i) => (value - mean[i % features]!) / (deviation[i % features]! || 1))
}
