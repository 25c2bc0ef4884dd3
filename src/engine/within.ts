// Work that is waited for no longer than so long. Ends nothing itself.

/** What the work gives, or undefined after so many milliseconds. Rejects as the work does before that; what becomes of it later is not told. */
export async function within<T> (ms: number, work: Promise<T>): Promise<T | undefined> {
  if (ms <= 0) {
    work.catch(() => {})
    return undefined
  }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => { timer = setTimeout(resolve, ms, undefined) })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
