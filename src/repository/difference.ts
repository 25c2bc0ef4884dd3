// Compares the answer that an example must give with the one it got, and says where they differ. Pure.

/** Where two answers differ: a JSON Pointer, and both sides as JSON text. */
export interface Difference { readonly path: string, readonly expected: string, readonly got: string }

/** Of numbers without a stated tolerance: about what 32-bit floats of two machines agree in, relative where numbers are large. */
const usualTolerance = 1e-6
const longestText = 120

function text (value: unknown): string {
  if (value === undefined) return 'nothing'
  const json = JSON.stringify(value)
  return json.length <= longestText ? json : `${json.slice(0, longestText - 1)}…`
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function near (expected: number, got: number, tolerance: number | undefined): boolean {
  const distance = Math.abs(expected - got)
  return expected === got || (tolerance === undefined ? distance <= usualTolerance * Math.max(1, Math.abs(expected)) : distance <= tolerance)
}

/** Every place where `got` is not `expected`; numbers may differ by `tolerance` (absolute). Names that only one side has count, their order does not. At most `limit` places. */
export function differences (expected: unknown, got: unknown, tolerance: number | undefined, limit = 10): Difference[] {
  const found: Difference[] = []
  const visit = (path: string, a: unknown, b: unknown): void => {
    if (found.length >= limit) return
    if (typeof a === 'number' && typeof b === 'number' && near(a, b, tolerance)) return
    if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
      a.forEach((one, i) => { visit(`${path}/${i}`, one, b[i]) })
    } else if (isObject(a) && isObject(b)) {
      for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) visit(`${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, Object.hasOwn(a, name) ? a[name] : undefined, Object.hasOwn(b, name) ? b[name] : undefined)
    } else if (a !== b) {
      found.push({ path: path === '' ? '/' : path, expected: text(a), got: text(b) })
    }
  }
  visit('', expected, got)
  return found
}

/** One line per place, for people. */
export const differenceText = (found: readonly Difference[]): string => found.map(({ path, expected, got }) => `${path}: expected ${expected}, got ${got}`).join('; ')
