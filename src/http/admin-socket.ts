// The admin Unix socket: a second listener on the same routes, in a folder that only our own user can enter.
import { createServer, type RequestListener } from 'node:http'
import { connect, type Socket } from 'node:net'
import { chmod, lstat, mkdir, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { once } from 'node:events'
import { OutriggerError } from '../errors.js'

/** sun_path holds 108 bytes with its end mark. */
const maxPathBytes = 107

export interface AdminSocket {
  /** Whether a connection came in through it. */
  readonly owns: (socket: Socket) => boolean
  readonly close: () => Promise<void>
}

async function privateFolder (folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { mode, uid } = await stat(folder)
  const own = process.getuid?.()
  if ((mode & 0o077) !== 0 || (own !== undefined && uid !== own)) {
    throw new OutriggerError('CONFIG_INVALID', `admin-socket: the folder ${folder} must belong to the service's own user and be closed to all others (chmod 700)`)
  }
}

/** Whether somebody answers on the socket file; a file that nobody answers on is left over from a service that died. */
async function isAnswered (path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** Listens at the path. Makes the folder (0700) where it is missing, refuses one that others can enter, replaces a stale socket file. Throws CONFIG_INVALID. */
export async function listenAdminSocket (given: string, listener: RequestListener): Promise<AdminSocket> {
  const path = resolve(given)
  if (Buffer.byteLength(path) > maxPathBytes) throw new OutriggerError('CONFIG_INVALID', `admin-socket: ${path} is longer than the ${maxPathBytes} bytes that a Unix socket's path can have`)
  await privateFolder(dirname(path))
  if (await isAnswered(path)) throw new OutriggerError('CONFIG_INVALID', `admin-socket: another process listens at ${path}`)
  const there = await lstat(path).catch(() => undefined)
  if (there?.isSocket() === false) throw new OutriggerError('CONFIG_INVALID', `admin-socket: ${path} is there already and is no socket`)
  await rm(path, { force: true })
  const connections = new WeakSet<Socket>()
  const server = createServer({ requestTimeout: 10_000 }, listener)
  server.on('connection', socket => connections.add(socket))
  server.listen(path)
  await once(server, 'listening')
  await chmod(path, 0o600)
  return {
    owns: socket => connections.has(socket),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      await closed
    }
  }
}
