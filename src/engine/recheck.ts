// Versions that were served before, looked at again before another model server reads them. Knows no lock, and decides nothing about what becomes of those that do not fit.
import type { Recheck, ServableList, Unfit } from './engine.js'
import { within } from './within.js'

export interface Rechecked {
  readonly fit: readonly ServableList[]
  readonly unfit: readonly Unfit[]
  /** Nothing is known of them now. */
  readonly away: readonly Unfit[]
  /** To be asked once a server has read the fit ones: those of them that were touched meanwhile. */
  readonly touched: () => Promise<readonly Unfit[]>
}

/** The list without these versions, and without models of which no version is left. */
export function without (models: readonly ServableList[], gone: (name: string, version: bigint) => boolean): readonly ServableList[] {
  return models
    .map(model => ({ ...model, versions: model.versions.filter(version => !gone(model.name, version)) }))
    .filter(({ versions }) => versions.length > 0)
}

/** Looks at the wanted versions of the list side by side; one that takes longer than `withinMs` is away. Never rejects. */
export async function recheckAll (models: readonly ServableList[], recheck: Recheck, wanted: (model: ServableList, version: bigint) => boolean, withinMs: number): Promise<Rechecked> {
  const unfit: Unfit[] = []
  const away: Unfit[] = []
  const held: { name: string, version: bigint, confirm: () => Promise<void> }[] = []
  await Promise.all(models.flatMap(model => model.versions.filter(version => wanted(model, version)).map(async version => {
    const { name } = model
    try {
      const found = await within(withinMs, recheck(name, version)) ?? 'away'
      if (found === 'away') away.push({ name, version, error: new Error('its files cannot be read now') })
      else if (found !== 'free') held.push({ name, version, confirm: found.confirm })
    } catch (error) {
      unfit.push({ name, version, error: error as Error })
    }
  })))
  const left = [...unfit, ...away]
  return {
    fit: left.length === 0 ? models : without(models, (name, version) => left.some(one => one.name === name && one.version === version)),
    unfit,
    away,
    touched: async () => (await Promise.all(held.map(async ({ name, version, confirm }) => await confirm().then(() => [], (error: Error) => [{ name, version, error }])))).flat()
  }
}
