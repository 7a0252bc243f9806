/** How the page asks its server. */

import {
  type FromPage,
  type FromServer,
  type PageFile,
  type PageText,
  SOCKET_PATH,
  TOKEN_HEADER,
} from '#runner/page/protocol.ts'

const SESSION_KEY = 'skdocker-session'
const NO_TOKEN = 4401 // as the server closes a socket whose token is wrong
const RETRY_INTERVAL = 1000 // ms

/** The server knows another token: it is another server. */
export class WrongToken extends Error {}

export class PageServer {
  readonly #token: string

  constructor(token: string) {
    this.#token = token
  }

  async #ask(path: string): Promise<Response> {
    const response = await fetch(path, { headers: { [TOKEN_HEADER]: this.#token } })
    if (response.status === 401) throw new WrongToken()
    if (!response.ok) throw new Error(`${path}: ${response.status}`)
    return response
  }

  /** @throws WrongToken */
  async text(name: string, language: string): Promise<PageText> {
    return (await this.#ask(`/api/text/${name}/${language}`)).json()
  }

  async file(path: string): Promise<PageFile> {
    return (await this.#ask(`/api/file?path=${encodeURIComponent(path)}`)).json()
  }

  async picture(path: string): Promise<Blob> {
    return (await this.#ask(`/api/picture?path=${encodeURIComponent(path)}`)).blob()
  }

  /** Connects to the shells of this page, and again when the connection is lost. */
  connect(text: string, language: string, listener: Listener): Connection {
    return new Connection({ token: this.#token, text, language }, listener)
  }
}

type Listener = {
  onMessage(message: FromServer): void
  /** the connection is lost */
  onLost(): void
}

type Place = { readonly token: string; readonly text: string; readonly language: string }

export class Connection {
  readonly #place: Place
  readonly #listener: Listener
  #socket!: WebSocket

  constructor(place: Place, listener: Listener) {
    this.#place = place
    this.#listener = listener
    this.#open()
  }

  send(message: FromPage): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  #open(): void {
    this.#socket = new WebSocket(`ws://${location.host}${SOCKET_PATH}`)
    this.#socket.onopen = () => {
      const session = sessionStorage.getItem(SESSION_KEY) ?? undefined
      this.send({ type: 'hello', session, ...this.#place })
    }
    this.#socket.onmessage = ({ data }) => {
      const message: FromServer = JSON.parse(data)
      if (message.type === 'welcome') sessionStorage.setItem(SESSION_KEY, message.session)
      this.#listener.onMessage(message)
    }
    this.#socket.onclose = ({ code }) => {
      this.#listener.onLost()
      if (code !== NO_TOKEN) setTimeout(() => this.#open(), RETRY_INTERVAL)
    }
  }
}
