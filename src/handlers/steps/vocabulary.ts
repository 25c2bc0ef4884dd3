// Step: words ↔ their numbers in a vocabulary, as Keras' StringLookup counts them.
import { readFile } from 'node:fs/promises'

export interface Vocabulary {
  /** All numbers are below this. */
  readonly size: number
  /** The word's number; the unknown one's for a word that is not in the list. */
  index (word: string): number
  /** The word of a number; undefined for numbers that stand for no word. */
  word (index: number): string | undefined
  /** The numbers of many words. */
  encode (words: readonly string[]): Int32Array
}

export interface VocabularyOptions {
  /** Number of the first word; 1 by default, as StringLookup with one place for the unknown. */
  first?: number
  /** Number of every word that is not in the list; 0 by default. */
  unknown?: number
}

/** A vocabulary of the words in their order. Throws a RangeError for a word that is there twice. */
export function vocabulary (words: readonly string[], { first = 1, unknown = 0 }: VocabularyOptions = {}): Vocabulary {
  const numbers = new Map(words.map((word, i) => [word, i + first]))
  if (numbers.size !== words.length) throw new RangeError(`the vocabulary holds ${words.find((word, i) => words.indexOf(word) !== i)} twice`)
  const index = (word: string): number => numbers.get(word) ?? unknown
  return {
    size: Math.max(words.length + first, unknown + 1),
    index,
    word: number => words[number - first],
    encode: list => Int32Array.from(list, index)
  }
}

/** Reads a vocabulary from a text file (UTF-8), one word a line; an empty last line is none. Meant for `load`. */
export async function loadVocabulary (file: string, options?: VocabularyOptions): Promise<Vocabulary> {
  const lines = (await readFile(file, 'utf8')).split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return vocabulary(lines, options)
}
