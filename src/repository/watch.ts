// Looks at the repository again and again: polling, since file events are lost on network mounts and in containers. Knows not what a look does.

export interface Watch { readonly stop: () => Promise<void> }

/** Calls `look` every `everyMs`, counted from the end of the one before. `stop` resolves when none runs any more. 0 looks never. */
export function startWatch (everyMs: number, look: () => Promise<void>): Watch {
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  let stopped = everyMs === 0
  const next = (): void => {
    if (stopped) return
    timer = setTimeout(() => { running = look().catch(() => {}).then(next) }, everyMs)
    timer.unref()
  }
  next()
  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await running
    }
  }
}
