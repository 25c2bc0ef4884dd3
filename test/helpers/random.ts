// A seeded source of chance: the same seed gives the same choices on every machine. Knows nothing of what is chosen.

export interface Random {
  /** A whole number from 0 to below `below`. */
  readonly int: (below: number) => number
  /** True once in `times`. */
  readonly oneIn: (times: number) => boolean
  readonly pick: <T>(from: readonly T[]) => T
  /** From 0 to below 1, in steps of 2^-53. */
  readonly fraction: () => number
}

/** Mulberry32. `stream` makes independent sources of one seed, so that request 4711 can be made without the 4710 before it. */
export function createRandom (seed: number, stream = 0): Random {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35)) >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ state >>> 15, 1 | state)
    x = x + Math.imul(x ^ x >>> 7, 61 | x) ^ x
    return ((x ^ x >>> 14) >>> 0) / 2 ** 32
  }
  const int = (below: number): number => Math.floor(next() * below)
  const fraction = (): number => (next() * 2 ** 32 * 2 ** 21 + int(2 ** 21)) / 2 ** 53
  return { int, fraction, oneIn: times => int(times) === 0, pick: from => from[int(from.length)] }
}
