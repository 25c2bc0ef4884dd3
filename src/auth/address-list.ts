// Lists of addresses in CIDR form, v4 and v6, by node:net's BlockList. Pure: knows no request and no setting.
import { BlockList, isIP, SocketAddress } from 'node:net'

/** One spelling per address: v6 in its short form, v4 mapped into v6 as v4, without a zone. Undefined for what is no address. */
export function canonicalAddress (text: string): string | undefined {
  const kind = isIP(text)
  if (kind === 0) return undefined
  if (kind === 4) return text
  const { address } = new SocketAddress({ address: text.replace(/%.*$/, ''), family: 'ipv6' })
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => isIP(address) === 4 ? 'ipv4' : 'ipv6'

/** Bits in front of a v4 address that is mapped into v6. */
const mappedBits = 96

export interface Block { readonly address: string, readonly bits: number }

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; a block of mapped addresses becomes one of v4. Throws an Error whose message ends the sentence "allow …". */
export function readBlock (text: string): Block {
  const [, given = '', digits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const address = canonicalAddress(given)
  const written = isIP(given) === 4 ? 32 : 128
  const bits = digits === undefined ? written : Number(digits)
  if (address === undefined || bits > written) throw new Error(`must be addresses such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32, and ${JSON.stringify(text)} is none`)
  if (isIP(address) === isIP(given)) return { address, bits }
  if (bits < mappedBits) throw new Error(`names mapped addresses by ${JSON.stringify(text)}, and fewer than ${mappedBits} bits of them; write the block of v4`)
  return { address, bits: bits - mappedBits }
}

export interface AddressList {
  /** Whether an address, in its canonical form, is in one of the blocks. */
  readonly has: (address: string) => boolean
}

/** The list of these blocks, as `readBlock` takes them. */
export function addressList (blocks: readonly string[]): AddressList {
  // One per family: a BlockList that holds ::/0 would have all of v4 as well, by way of its mapped addresses.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const { address, bits } of blocks.map(readBlock)) lists[familyOf(address)].addSubnet(address, bits, familyOf(address))
  return { has: address => lists[familyOf(address)].check(address, familyOf(address)) }
}

/** A list that follows a setting: made anew only when another array stands there. Undefined while the setting is. */
export function followingList (current: () => readonly string[] | undefined): () => AddressList | undefined {
  let blocks: readonly string[] | undefined
  let list: AddressList | undefined
  return () => {
    const now = current()
    if (now !== blocks) list = now === undefined ? undefined : addressList(now)
    blocks = now
    return list
  }
}

const loopback = addressList(['127.0.0.0/8', '::1'])

/** 127.0.0.0/8, ::1, and 127.0.0.0/8 mapped into v6. */
export function isLoopback (text: string | undefined): boolean {
  const address = text === undefined ? undefined : canonicalAddress(text)
  return address !== undefined && loopback.has(address)
}
