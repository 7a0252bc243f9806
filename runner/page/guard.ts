/** Who may talk to the page's server. A terminal in it is root on this machine. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const TOKEN_BYTES = 32

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

export class Guard {
  readonly token = randomBytes(TOKEN_BYTES).toString('base64url')
  /** the names under which a browser of this machine may ask for the page */
  #hosts: readonly string[] = []

  /** Is told the port when there is one. */
  listensAt(port: number): void {
    this.#hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
  }

  knows(token: unknown): boolean {
    return typeof token === 'string' && timingSafeEqual(digest(token), digest(this.token))
  }

  /**
   * Why a request is not answered; undefined when it is. A browser always says whose page it asks for (Host), and from
   * 127.0.0.1 that of another name only if somebody has pointed the name here: DNS rebinding.
   */
  refusalOf({ host, origin }: Pick<IncomingHttpHeaders, 'host' | 'origin'>): string | undefined {
    if (host === undefined || !this.#hosts.includes(host)) return 'this page has another address'
    if (origin !== undefined && origin !== `http://${host}`) return 'this page answers no other page'
    return undefined
  }

  /** The same for a WebSocket, which a browser opens to any server, but never without an Origin. */
  refusalOfUpgrade(headers: Pick<IncomingHttpHeaders, 'host' | 'origin'>): string | undefined {
    return headers.origin === undefined ? 'there is no Origin' : this.refusalOf(headers)
  }
}
