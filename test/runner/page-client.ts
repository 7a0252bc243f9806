/** What a browser does, and what an attacker may try, without a browser. */

import { request } from 'node:http'
import { WebSocket } from 'ws'
import { type FromPage, type FromServer, SOCKET_PATH } from '../../runner/page/protocol.ts'
import { patience } from '../harness/index.ts'
import { TimeoutError, within } from '../harness/timeout.ts'

const MOST_SHOWN = 5000 // characters

export type Address = { readonly host: string; readonly path: string; readonly token: string }

/** Takes apart what `page` prints. */
export const addressIn = (line: string): Address => {
  const [, host = '', path = '', token = ''] = /^http:\/\/([^/]*)(\/.*)#token=([\w-]{43})\n?$/.exec(line) ?? []
  if (token === '') throw new Error(`this is no address of a page: ${line}`)
  return { host, path, token }
}

type Answer = { readonly status: number; readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }

/** Asks for a path, with any headers: Host and Origin as well. */
export const ask = (
  { host }: Pick<Address, 'host'>,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const [name, port] = host.split(':')
    const asked = request({ host: name, port, path, headers: { host, ...headers }, agent: false }, answer => {
      let body = ''
      answer.setEncoding('utf8').on('data', text => {
        body += text
      })
      answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, body }))
    })
    asked.on('error', reject).end()
  })

/** A page that is open in a browser: its WebSocket, and what came over it. */
export class Reader {
  readonly messages: FromServer[] = []
  /** how many characters terminal one has been sent */
  length = 0
  /** the last of them, with escape sequences */
  shown = ''
  readonly #socket: WebSocket
  readonly #closed: Promise<number>
  #look: () => void = () => {}

  private constructor(socket: WebSocket) {
    this.#socket = socket
    this.#closed = new Promise(resolve => socket.once('close', resolve))
    socket.on('message', data => {
      const message: FromServer = JSON.parse(String(data))
      this.messages.push(message)
      if ('data' in message) this.#show(message.data)
      this.#look()
    })
  }

  /**
   * Opens the WebSocket.
   * @param origin default: as the page's own script has it; '' for none
   * @throws Error when the server refuses it
   */
  static async connect(
    { host }: Pick<Address, 'host'>,
    { origin = `http://${host}`, ...headers }: Record<string, string> = {},
  ): Promise<Reader> {
    const socket = new WebSocket(`ws://${host}${SOCKET_PATH}`, { headers, ...(origin && { origin }) })
    const reader = new Reader(socket)
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    return reader
  }

  /** Opens a page, as its script does: says hello, and opens terminal one. */
  static async open(address: Address, session?: string): Promise<Reader> {
    const reader = await Reader.connect(address)
    const [, text = '', language = ''] = address.path.split('/')
    reader.send({ type: 'hello', token: address.token, session, text, language })
    await reader.wait(({ type }) => type === 'welcome')
    reader.send({ type: 'open', terminal: 'one', cols: 100, rows: 30 })
    return reader
  }

  get session(): string {
    const welcome = this.messages.find(message => message.type === 'welcome')
    return welcome?.type === 'welcome' ? welcome.session : ''
  }

  send(message: FromPage): void {
    this.#socket.send(JSON.stringify(message))
  }

  type(data: string): void {
    this.send({ type: 'input', terminal: 'one', data })
  }

  /** Presses the button of a step, and waits for its result. */
  async run(step: number): Promise<Extract<FromServer, { type: 'result' }>['result']> {
    const from = this.messages.length
    this.send({ type: 'run', step })
    const isResult = (message: FromServer): boolean =>
      message.type === 'result' && message.result.step === step && message.result.state !== 'running'
    await this.wait(() => this.messages.slice(from).some(isResult))
    const message = this.messages.slice(from).find(isResult)
    if (message?.type !== 'result') throw new Error('there is no result')
    return message.result
  }

  /**
   * Waits for a message.
   * @throws TimeoutError that shows the last messages
   */
  async wait(isIt: (message: FromServer) => boolean): Promise<void> {
    const come = new Promise<true>(resolve => {
      this.#look = () => this.messages.some(isIt) && resolve(true)
      this.#look()
    })
    if (!(await within(come, patience)))
      throw new TimeoutError(JSON.stringify(this.messages.slice(-20)).slice(-2000))
  }

  /** Waits until terminal one has shown something. */
  waitFor(pattern: RegExp): Promise<void> {
    return this.wait(() => pattern.test(this.shown))
  }

  #show(data: string): void {
    this.length += data.length
    this.shown = (this.shown + data).slice(-MOST_SHOWN)
  }

  close(): void {
    this.#socket.close()
  }

  /** The number with which the server closes the WebSocket. */
  closed(): Promise<number | undefined> {
    return within(this.#closed, patience)
  }
}
