// A set in the order of insertion, for objects that come and go by the thousand. A Set makes its table anew again and again meanwhile, and each table keeps what lay in it, and the next table, until a full collection. Pure.

/** Where an item stands. One that stands nowhere points at nobody, so that nothing keeps what came after it alive. */
interface Place<T extends object> { readonly item: T, owner: LinkedSet<T> | undefined, previous: Place<T> | undefined, next: Place<T> | undefined }

export class LinkedSet<T extends object> {
  readonly #key: symbol
  #first: Place<T> | undefined
  #last: Place<T> | undefined
  #size = 0

  /** `key`: the property of an item that holds its place. An item stands in one of the sets that share a key at a time. */
  constructor (key: symbol) { this.#key = key }

  get size (): number { return this.#size }

  /** At the end. One that stands in this set stays where it is; one that stands in another of the same key is taken out of that. */
  add (item: T): void {
    const { owner } = this.#placeOf(item) ?? {}
    if (owner === this) return
    owner?.delete(item)
    const place: Place<T> = { item, owner: this, previous: this.#last, next: undefined }
    if (this.#last === undefined) this.#first = place
    else this.#last.next = place
    this.#last = place
    this.#size++
    ;(item as Record<symbol, Place<T>>)[this.#key] = place
  }

  /** False when it did not stand here. */
  delete (item: T): boolean {
    const place = this.#placeOf(item)
    if (place?.owner !== this) return false
    const { previous, next } = place
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    place.owner = place.previous = place.next = undefined
    this.#size--
    return true
  }

  /** Who is added meanwhile is met; who is taken out is not, but others that stand before him may be met once more. */
  * [Symbol.iterator] (): IterableIterator<T> {
    let place = this.#first
    while (place !== undefined) {
      const { next } = place
      yield place.item
      place = place.owner === this ? place.next : next === undefined || next.owner === this ? next : this.#first
    }
  }

  #placeOf (item: T): Place<T> | undefined { return (item as Record<symbol, Place<T> | undefined>)[this.#key] }
}
