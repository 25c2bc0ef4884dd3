// Step: text as a tokenizer or vocabulary expects it.

export interface NormaliseTextOptions {
  /** Unicode form; NFC by default, false leaves the text as it is. */
  form?: 'NFC' | 'NFD' | 'NFKC' | 'NFKD' | false
  /** Lower case, by Unicode's rules and no language's. */
  lower?: boolean
  /** é → e. */
  stripAccents?: boolean
  /** Runs of white space become one blank, those at the ends go. */
  collapse?: boolean
  /** Punctuation goes, as Keras' "lower_and_strip_punctuation" does with ASCII's. */
  stripPunctuation?: boolean
}

const punctuation = /[!"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~']/g

export function normaliseText (text: string, { form = 'NFC', lower = false, stripAccents = false, collapse = true, stripPunctuation = false }: NormaliseTextOptions = {}): string {
  let result = lower ? text.toLowerCase() : text
  if (stripAccents) result = result.normalize('NFD').replace(/\p{Mn}/gu, '')
  if (form !== false) result = result.normalize(form)
  if (stripPunctuation) result = result.replace(punctuation, '')
  return collapse ? result.replace(/\s+/gu, ' ').trim() : result
}
