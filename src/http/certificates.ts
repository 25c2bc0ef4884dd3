// The service's own certificate and key, and the authorities of its clients: read from files, read again when they change, and put into force on every server at once. Knows no request.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Server } from 'node:https'
import type { SecureContextOptions, TlsOptions } from 'node:tls'
import type { Logger } from 'pino'
import { OutriggerError } from '../errors.js'

export interface CertificateSettings {
  /** Paths of PEM files. The certificate's file holds the chain too, its own certificate first. */
  readonly cert: string
  readonly key: string
  /** The authorities whose clients are let in; no certificate is asked for where undefined. */
  readonly clientCa: string | undefined
  readonly minVersion: '1.2' | '1.3'
  /** `all`: who has no good certificate gets no connection. `callers`: the connection stands, and plugins/client-certificate.ts says what it may. */
  readonly clientsNeeded: 'all' | 'callers'
}

export interface CertificateParts {
  readonly log: Pick<Logger, 'info' | 'warn'>
  /** Told with the end of the certificate that is in force, in seconds since 1970. */
  readonly onInForce?: (notAfter: number) => void
  /** Time between two looks at the files; 0 looks only on `refresh`. */
  readonly lookEveryMs?: number
}

export interface Certificates {
  /** For a server that is made now. */
  readonly options: () => TlsOptions
  /** Puts what is read later into force on this server. New connections get it; those that stand keep what they have. */
  readonly follow: (server: Server) => void
  /** Reads the files now; never rejects. */
  readonly refresh: () => Promise<void>
  readonly close: () => void
}

/** A bundle of all public authorities has about 250 KB. */
const maxBytes = 1024 * 1024
/** A renewed certificate is in force within seconds. */
const lookEveryMs = 1000

interface Pair { readonly context: SecureContextOptions, readonly leaf: X509Certificate }

async function textOf (setting: string, path: string): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      if ((await file.stat()).size > maxBytes) throw new Error(`is larger than ${maxBytes} bytes`)
      return await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(`${setting}: ${path} ${code === undefined ? message : `cannot be read (${code})`}`, { cause: error })
  }
}

/** The certificates of a PEM text. Throws when there is none, or one that is cut off. */
function certificatesOf (setting: string, path: string, pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0 || blocks.length !== (pem.match(/-----BEGIN CERTIFICATE-----/g) ?? []).length) throw new Error(`${setting}: ${path} holds no certificate in PEM, or one that is cut off`)
  try {
    return blocks.map(block => new X509Certificate(block))
  } catch (cause) {
    throw new Error(`${setting}: ${path} holds a certificate that cannot be read`, { cause })
  }
}

/** Never the text of the file: it is a secret, and OpenSSL's words may quote what it read. */
function belongsTo (leaf: X509Certificate, path: string, key: string): boolean {
  try {
    return leaf.checkPrivateKey(createPrivateKey(key))
  } catch (error) {
    const encrypted = (error as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE'
    throw new Error(`tls-key: ${path} ${encrypted ? 'is encrypted: give a key without a passphrase, in a file that only this service can read' : 'holds no private key in PEM, or one that is cut off'}`)
  }
}

/** Certificate and key as they fit together, with the authorities. Throws an Error in words for the operator. */
function pairOf ({ cert, key, clientCa, minVersion }: CertificateSettings, texts: readonly string[]): Pair {
  const [certText, keyText, caText] = texts as [string, string, string | undefined]
  const [leaf] = certificatesOf('tls-cert', cert, certText)
  if (!belongsTo(leaf!, key, keyText)) throw new Error(`tls-key: ${key} is not the key of the certificate in ${cert}`)
  if (caText !== undefined) certificatesOf('tls-client-ca', clientCa!, caText)
  return { leaf: leaf!, context: { cert: certText, key: keyText, minVersion: `TLSv${minVersion}`, ...(caText === undefined ? {} : { ca: caText }) } }
}

const isOver = ({ validTo }: X509Certificate): boolean => Date.parse(validTo) <= Date.now()

/**
 * Reads the files and follows them: by rename, by a moved symlink, in place. Certificate, key and authorities change together: while they do
 * not fit, or the new certificate is over, those from before stay in force, and the log says so once. Rejects with CONFIG_INVALID when they
 * cannot be used now; a certificate that is over already is a warning only.
 */
export async function openCertificates (settings: CertificateSettings, { log, onInForce, lookEveryMs: everyMs = lookEveryMs }: CertificateParts): Promise<Certificates> {
  const servers = new Set<Server>()
  const files = [['tls-cert', settings.cert], ['tls-key', settings.key], ...(settings.clientCa === undefined ? [] : [['tls-client-ca', settings.clientCa]])] as [string, string][]
  const readAll = async (): Promise<string[]> => await Promise.all(files.map(async ([setting, path]) => await textOf(setting, path)))
  let pair: Pair
  let seen: string
  let fault: string | undefined
  let looking: Promise<void> | undefined

  const inForce = (message: string): void => {
    const { subject, validTo } = pair.leaf
    onInForce?.(Date.parse(validTo) / 1000)
    log.info({ subject: oneLine(subject), until: new Date(validTo).toISOString() }, message)
  }

  try {
    const texts = await readAll()
    pair = pairOf(settings, texts)
    seen = texts.join('\0')
  } catch (cause) {
    throw new OutriggerError('CONFIG_INVALID', (cause as Error).message, { cause })
  }
  inForce('the TLS certificate was read')
  if (isOver(pair.leaf)) log.warn({ until: new Date(pair.leaf.validTo).toISOString() }, 'the TLS certificate is over: callers will refuse it')

  async function look (): Promise<void> {
    try {
      const texts = await readAll()
      const now = texts.join('\0')
      if (now !== seen) {
        const next = pairOf(settings, texts)
        if (isOver(next.leaf) && !isOver(pair.leaf)) throw new Error(`tls-cert: the certificate in ${settings.cert} is over since ${next.leaf.validTo}`)
        pair = next
        seen = now
        for (const server of servers) server.setSecureContext(pair.context)
        inForce('the TLS certificate was read anew')
      }
      fault = undefined
    } catch (error) {
      const reason = (error as Error).message
      if (reason !== fault) log.warn({ reason }, 'the TLS files cannot be used as they are now; the certificate from before stays in force')
      fault = reason
    }
  }

  const refresh = async (): Promise<void> => await (looking ??= look().finally(() => { looking = undefined }))
  const timer = everyMs === 0 ? undefined : setInterval(() => { void refresh() }, everyMs).unref()
  return {
    options: () => ({ ...pair.context, requestCert: settings.clientCa !== undefined, rejectUnauthorized: settings.clientCa !== undefined && settings.clientsNeeded === 'all' }),
    follow: server => {
      servers.add(server)
      server.once('close', () => servers.delete(server))
    },
    refresh,
    close: () => { clearInterval(timer) }
  }
}

/** Node gives a name's parts a line each, the broadest first; written as in RFC 4514, the narrowest first. */
export const oneLine = (name: string): string => name.split('\n').reverse().join(',')
