// Which engine serves a format: made when first needed, one per kind. Starts none.
import type { Engine, EngineKind } from '../engine/engine.js'

/** The engine for a format and a model's wish. Throws CONFIG_INVALID where that engine's program is missing. */
export type EngineFor = (format: string, wish: 'tensorflow' | 'embedded' | 'auto' | undefined) => Engine

/** Engines by kind; each is made when first needed. */
export function enginePicker (make: (kind: EngineKind) => Engine, serviceWish: 'auto' | EngineKind, hasTensorflow: () => boolean): { engineFor: EngineFor, engines: () => readonly Engine[] } {
  const made = new Map<EngineKind, Engine>()
  const engine = (kind: EngineKind): Engine => {
    const known = made.get(kind)
    if (known !== undefined) return known
    const fresh = make(kind)
    made.set(kind, fresh)
    return fresh
  }
  return {
    engines: () => [...made.values()],
    engineFor: (format, wish) => {
      const wanted = wish === undefined || wish === 'auto' ? serviceWish : wish
      if (format !== 'saved-model') return engine('embedded')
      return engine(wanted === 'auto' ? hasTensorflow() ? 'tensorflow' : 'embedded' : wanted)
    }
  }
}
