// A body that arrives in pieces, for whatever looks at it meanwhile. No tests here.
import type { BodyScan } from '../../src/http/plugins/raw-body.js'

/** Pieces that end at `cuts`, each at another place in memory and overwritten once it was looked at; then the whole. */
export function lookInPieces (scan: BodyScan, body: Buffer, cuts: readonly number[]): void {
  for (const cut of cuts) {
    const piece = Buffer.from(body.subarray(0, cut))
    if (!scan.look(piece, false)) break
    piece.fill('7')
  }
  scan.look(body, true)
}
