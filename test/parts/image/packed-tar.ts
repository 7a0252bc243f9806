/** Tars as nobody would pack them. */

import { Header, type HeaderData } from 'tar'

const BLOCK = 512

/** A tar with these entries, in this order, whatever their paths and types are. */
export const packTar = (...entries: (HeaderData & { content?: string })[]): Buffer => {
  const blocks = entries.map(({ content = '', ...data }) => {
    const header = Buffer.alloc(BLOCK)
    const usual = { mode: 0o755, uid: 0, gid: 0, mtime: new Date(0), type: 'File', size: content.length } as const
    new Header({ ...usual, ...data }).encode(header)
    return Buffer.concat([header, Buffer.from(content), Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)])
  })
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)])
}
