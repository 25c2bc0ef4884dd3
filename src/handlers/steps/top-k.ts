// Steps: which classes have the highest scores, with their names.
import { asShortDouble } from '../../tensor/evaluate/shortest.js'

/** The place of the highest score, the first of equals; −1 when there is none. NaN never wins. */
export function argMax (scores: ArrayLike<number>): number {
  let best = -1
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isNaN(scores[i]) && (best < 0 || scores[i]! > scores[best]!)) best = i
  }
  return best
}

export interface Ranked { readonly index: number, readonly name?: string, readonly score: number }

/** The `k` highest scores, highest first, the lower index first among equals; with `names`, each by its name. Scores of a Float32Array are given as short decimals. */
export function topK (scores: ArrayLike<number>, { k = 5, names }: { k?: number, names?: readonly string[] } = {}): Ranked[] {
  const short = scores instanceof Float32Array ? (score: number) => asShortDouble(score) : (score: number) => score
  return Array.from(scores, (score, index) => ({ score, index }))
    .filter(({ score }) => !Number.isNaN(score))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, k)
    .map(({ score, index }) => ({ index, ...(names?.[index] === undefined ? {} : { name: names[index] }), score: short(score) }))
}
