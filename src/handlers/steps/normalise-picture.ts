// Step: pixels → the numbers that a network was trained on.

export interface NormaliseOptions {
  /** Each value is divided by this first; 255 brings bytes to 0…1. */
  scale?: number
  /** Per channel, in the units after `scale`; subtracted. */
  mean?: readonly number[]
  /** Per channel; divided by. */
  deviation?: readonly number[]
  /** `channels-last` (default) as TensorFlow, `channels-first` as PyTorch's exports to ONNX. */
  layout?: 'channels-last' | 'channels-first'
}

/** (value / scale − mean) / deviation, row by row or channel by channel. Throws a RangeError when mean or deviation do not have a number for each channel. */
export function normalisePicture (pixels: { width: number, height: number, channels: number, data: ArrayLike<number> }, { scale = 255, mean, deviation, layout = 'channels-last' }: NormaliseOptions = {}): Float32Array {
  const { channels, data } = pixels
  for (const list of [mean, deviation]) {
    if (list !== undefined && list.length !== channels) throw new RangeError(`a picture with ${channels} channels needs ${channels} numbers, not ${list.length}`)
  }
  const size = pixels.width * pixels.height
  const result = new Float32Array(size * channels)
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < channels; c++) {
      const value = (data[i * channels + c]! / scale - (mean?.[c] ?? 0)) / (deviation?.[c] ?? 1)
      result[layout === 'channels-last' ? i * channels + c : c * size + i] = value
    }
  }
  return result
}
