// The private folder that holds a model server's socket and config file: made, checked, and removed when its service is dead. Knows no process.
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OutriggerError } from '../errors.js'
import { emptyModelConfig } from './args.js'

const prefix = 'outrigger-'
/** A Unix socket's path with its final zero byte. Source: unix(7); macOS has 104. */
const maxPathBytes = process.platform === 'darwin' ? 104 : 108
/** The service listens on it for as long as it lives: a folder in which nobody answers there belongs to a dead one, whatever became of its pid. */
const ownerSocket = 'owner'
/** A folder this young may still be waiting for its owner to listen. */
const youngMs = 10_000

export interface SocketFolder {
  readonly path: string
  /** The config file with an empty model list. */
  readonly configFile: string
  /** The path for the socket of the nth child; a file left there by an earlier one is removed. */
  socketPath (n: number): string
  /** Whether all is there that a child needs to start; cleaners of folders for temporary files take what is old. */
  isWhole (): boolean
  /** Removes the folder with everything in it. */
  remove (): void
}

/** Throws CONFIG_INVALID when the longest socket path in a folder of `parent` would not fit. */
function checkLength (parent: string): void {
  const longest = join(parent, `${prefix}XXXXXX`, 'model-999999')
  const bytes = Buffer.byteLength(longest) + 1
  if (bytes <= maxPathBytes) return
  throw new OutriggerError('CONFIG_INVALID', `The folder ${parent} is too long for a Unix socket: its path would have ${bytes} bytes and ${maxPathBytes} are possible. Set TMPDIR or XDG_RUNTIME_DIR to a shorter folder.`)
}

/** Resolves with whether somebody listens on this socket. A full backlog counts as somebody. */
function listens (path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => { socket.destroy(); resolve(true) })
    socket.once('error', (error: NodeJS.ErrnoException) => { resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT') })
  })
}

/** Removes our own folders in `parent` whose service is dead, with the sockets in them. Resolves with their paths; what cannot be removed stays. */
export async function removeStaleFolders (parent: string, now: number = Date.now()): Promise<string[]> {
  const removed: string[] = []
  for (const entry of readdirSync(parent, { withFileTypes: true })) {
    if (!entry.isDirectory() || !entry.name.startsWith(prefix) || entry.name.length !== prefix.length + 6) continue
    const path = join(parent, entry.name)
    try {
      const { uid, mtimeMs } = statSync(path)
      if (uid !== process.getuid?.() || now - mtimeMs < youngMs || await listens(join(path, ownerSocket))) continue
      rmSync(path, { recursive: true, force: true })
      removed.push(path)
    } catch {
      // Another service may be removing it too.
    }
  }
  return removed
}

async function listenAsOwner (folder: string): Promise<Server> {
  const server = createServer(socket => socket.destroy())
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(join(folder, ownerSocket), resolve))
  return server.unref()
}

/**
 * Makes a folder of mode 0700 for one engine, in the first of `parents` where that works, and removes those of dead services there.
 * Throws CONFIG_INVALID, with what to do, where no folder can be made or its path is too long.
 */
export async function makeSocketFolder (parents: readonly string[] = defaultParents({})): Promise<SocketFolder> {
  let failure: unknown
  for (const parent of parents) {
    let path: string | undefined
    try {
      checkLength(parent)
      path = mkdtempSync(join(parent, prefix))
      chmodSync(path, 0o700)
      const owner = await listenAsOwner(path)
      await removeStaleFolders(parent).catch(() => [])
      return folderAt(path, owner)
    } catch (error) {
      failure ??= error
      if (path !== undefined) rmSync(path, { recursive: true, force: true })
    }
  }
  if (failure instanceof OutriggerError) throw failure
  throw new OutriggerError('CONFIG_INVALID', `No private folder for the model server's socket can be made in ${parents.join(' or ')}. Set TMPDIR or XDG_RUNTIME_DIR to a folder that can be written.`, { cause: failure })
}

/** Where to try: XDG_RUNTIME_DIR, which is the user's own, then the folder for temporary files. */
export const defaultParents = (environment: Readonly<NodeJS.ProcessEnv>): string[] =>
  [environment.XDG_RUNTIME_DIR, tmpdir()].filter((folder): folder is string => folder !== undefined && folder !== '')

function folderAt (path: string, owner: Server): SocketFolder {
  const configFile = join(path, 'models.config')
  writeFileSync(configFile, emptyModelConfig, { mode: 0o600 })
  const remove = (): void => {
    process.off('exit', remove)
    owner.close()
    rmSync(path, { recursive: true, force: true })
  }
  // An exit without a stop, as after a second signal, leaves nothing behind either.
  process.on('exit', remove)
  return {
    path,
    configFile,
    socketPath (n) {
      const socket = join(path, `model-${n}`)
      rmSync(socket, { force: true })
      return socket
    },
    isWhole: () => existsSync(configFile) && existsSync(join(path, ownerSocket)),
    remove
  }
}
