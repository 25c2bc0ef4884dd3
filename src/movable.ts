// Bytes on their way to another thread: which are moved instead of copied. Knows no thread.

/** Below this a copy is cheaper than moving a buffer between threads; and Node's shared pool, which must never be moved, hands out nothing so large. */
export const worthMoving = 64 * 1024

/** The bytes in a form that can be posted, with what is to be transferred instead of copied. `bytes` must not be used afterwards. */
export function movable (bytes: Uint8Array): [bytes: Uint8Array, transfer: ArrayBuffer[]] {
  const { buffer } = bytes
  // Posting a view copies the whole buffer behind it.
  if (bytes.byteLength < worthMoving || !(buffer instanceof ArrayBuffer)) return [buffer.byteLength === bytes.byteLength ? bytes : new Uint8Array(bytes), []]
  if (buffer.byteLength > 2 * bytes.byteLength) {
    const own = new Uint8Array(bytes)
    return [own, [own.buffer]]
  }
  return [new Uint8Array(buffer, bytes.byteOffset, bytes.byteLength), [buffer]]
}

/** The same for several that do not share memory. */
export function allMovable (pieces: readonly Uint8Array[]): [pieces: Uint8Array[], transfer: ArrayBuffer[]] {
  const moved = pieces.map(movable)
  return [moved.map(([bytes]) => bytes), moved.flatMap(([, transfer]) => transfer)]
}
