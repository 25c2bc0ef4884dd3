// Finds the entry of a worker or child program beside the module that starts it, compiled (.js) or as TypeScript (.ts, under a loader in tests).

/** URL of `name` (no extension) in the folder of `importMetaUrl`, with the same extension. */
export const besideModule = (importMetaUrl: string, name: string): URL =>
  new URL(`${name}${importMetaUrl.endsWith('.ts') ? '.ts' : '.js'}`, importMetaUrl)
