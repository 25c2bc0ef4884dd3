// Which declared routes a path fits, and which come near to it. Pure: knows patterns and paths, no framework.

/** A declared route: its method and its pattern, `/models/:model/evaluate`. */
export interface DeclaredRoute { readonly method: string, readonly pattern: string }

const maxSegments = 12
const maxSegmentLength = 64
const maxHints = 3

const segmentsOf = (path: string): string[] => path.split('/').filter(s => s !== '').slice(0, maxSegments).map(s => s.slice(0, maxSegmentLength))

const isParameter = (segment: string): boolean => segment.startsWith(':')

/** Whether the path (without its query) fits the pattern; a `*` takes the rest. */
export function fits (pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  for (const [i, segment] of wanted.entries()) {
    if (segment === '*') return true
    if (given[i] === undefined) return false
    if (isParameter(segment) ? given[i] === '' : segment !== given[i]) return false
  }
  return wanted.length === given.length
}

/** Edits (insert, delete, replace) from a to b. */
function distance (a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]
}

/** How far a path is from a pattern: edits within a segment by its length, a whole segment for one too many or too few. */
function farness (pattern: readonly string[], path: readonly string[]): number {
  let sum = 0
  for (let i = 0; i < Math.max(pattern.length, path.length); i++) {
    const wanted = pattern[i]
    const given = path[i]
    if (wanted === undefined || given === undefined) sum += 1
    else if (!isParameter(wanted)) sum += distance(wanted, given.toLowerCase()) / Math.max(wanted.length, given.length)
    // A parameter fits anything, a little less well than the word itself.
    else sum += 0.1
  }
  return sum
}

/** A pattern as people and OpenAPI write it: `/models/{model}`. */
export const readable = (pattern: string): string => pattern.replace(/:([A-Za-z]+)/g, '{$1}')

/** Up to three routes that the caller may have meant, nearest first, e.g. `POST /models/{model}/evaluate`. Patterns with a `*` are no hint. */
export function nearestRoutes (routes: readonly DeclaredRoute[], method: string, path: string): string[] {
  const given = segmentsOf(path)
  const candidates = routes
    .filter(r => r.method !== 'HEAD' && r.method !== 'OPTIONS' && !r.pattern.includes('*'))
    .map(r => ({ route: r, far: farness(segmentsOf(r.pattern), given) + (r.method === method ? 0 : 0.2) }))
    .filter(c => c.far <= 1.2)
    .sort((a, b) => a.far - b.far)
  const near = candidates.filter(c => c.far <= candidates[0].far + 0.3)
  return [...new Set(near.map(c => `${c.route.method} ${readable(c.route.pattern)}`))].slice(0, maxHints)
}

/** The methods under which this path is served, sorted; [] when it is served under none. */
export function methodsOf (routes: readonly DeclaredRoute[], path: string): string[] {
  return [...new Set(routes.filter(r => fits(r.pattern, path)).map(r => r.method))].sort()
}
