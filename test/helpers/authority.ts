// Certificates made by openssl in a folder of the test's own: an authority, and what it signs. No tests here.
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

export const noOpenssl: string | false = spawnSync('openssl', ['version']).status === 0 ? false : 'there is no openssl to make certificates with'

export interface Made { readonly certFile: string, readonly keyFile: string, readonly cert: string, readonly key: string }

export interface Authority extends Made {
  /** `days` below 0: a certificate that is over. */
  readonly sign: (subject: string, days?: number) => Made
}

const made = (certFile: string, keyFile: string): Made => ({ certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') })

export function authority (t: Pick<Test, 'teardown'>, name = 'authority'): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-tls-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = (word: string): string => join(folder, word)
  const openssl = (...args: string[]): void => { execFileSync('openssl', args, { stdio: 'ignore' }) }
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...newKey, '-keyout', file('ca.key'), '-out', file('ca.pem'), '-subj', `/CN=${name}`, '-days', '2')
  let count = 0
  return {
    ...made(file('ca.pem'), file('ca.key')),
    sign: (subject, days = 2) => {
      const n = ++count
      openssl('req', ...newKey, '-keyout', file(`${n}.key`), '-out', file(`${n}.csr`), '-subj', subject, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1')
      openssl('x509', '-req', '-copy_extensions', 'copyall', '-in', file(`${n}.csr`), '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-set_serial', String(n), '-days', String(days), '-out', file(`${n}.pem`))
      return made(file(`${n}.pem`), file(`${n}.key`))
    }
  }
}

/** Puts a file in another's place at once, as tools that renew certificates do. */
export function replaceFile (from: string, to: string): void {
  copyFileSync(from, `${to}.new`)
  renameSync(`${to}.new`, to)
}
