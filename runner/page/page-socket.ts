/** The WebSocket of a page: nothing is done before its first message has shown the token. */

import type { WebSocket } from 'ws'
import type { Text } from '../lesson/chapters.ts'
import { type Language, languages } from '../lesson/lesson.ts'
import type { Guard } from './guard.ts'
import type { Viewer } from './page-shells.ts'
import type { FromPage, FromServer } from './protocol.ts'
import type { Session, Sessions } from './session.ts'

/** Closed by the server: the token is wrong or missing. Source: RFC 6455, 7.4.2, leaves these numbers to programs */
const NO_TOKEN = 4401

const HELLO_PATIENCE = 5000 // ms
const SMALLEST = 2 // columns or rows
const LARGEST = 1000

type Options = {
  readonly guard: Guard
  readonly sessions: Sessions
  readonly texts: readonly Text[]
  /** is told that a page with the token is there */
  readonly onPage: () => void
}

type Hello = Extract<FromPage, { type: 'hello' }>

const parsed = (data: string): FromPage | undefined => {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}

const isSize = ({ cols, rows }: { readonly cols: number; readonly rows: number }): boolean =>
  [cols, rows].every(number => Number.isInteger(number) && number >= SMALLEST && number <= LARGEST)

class Connection {
  readonly #viewer: Viewer
  readonly #session: Session
  readonly #text: Text
  readonly #language: Language

  constructor(viewer: Viewer, session: Session, text: Text, language: Language) {
    this.#viewer = viewer
    this.#session = session
    this.#text = text
    this.#language = language
  }

  async handle(message: FromPage): Promise<void> {
    const { shells } = this.#session
    if (message.type === 'input') await shells.type(String(message.terminal), String(message.data))
    else if (message.type === 'drawn')
      await shells.drawn(message.terminal, this.#viewer, Number(message.length) || 0)
    else if (message.type === 'resize' && isSize(message)) await shells.resize(message.terminal, message)
    else if (message.type === 'open' && isSize(message)) await this.#open(message)
    else if (message.type === 'run')
      await this.#steps.run(Number(message.step), result => this.#session.tell(this.#text.name, result))
    else if (message.type === 'reset') await this.#session.reset()
  }

  #open({ terminal, cols, rows }: Extract<FromPage, { type: 'open' }>): Promise<void> {
    return this.#session.shells.show(String(terminal), this.#viewer, { cols, rows })
  }

  get #steps() {
    return this.#session.stepsOf(this.#text, this.#language)
  }

  welcome(): void {
    this.#viewer.send({ type: 'welcome', session: this.#session.id, results: this.#steps.results })
  }
}

/** Serves a page that has connected. */
export const servePage = (socket: WebSocket, { guard, sessions, texts, onPage }: Options): void => {
  const send = (message: FromServer): void => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
  }
  const refuse = (): void => socket.close(NO_TOKEN, 'the token is missing')
  const late = setTimeout(refuse, HELLO_PATIENCE)
  let connection: Connection | undefined
  const greet = ({ session: id, text: name, language }: Hello): void => {
    const text = texts.find(text => text.name === name)
    if (!text || !languages.includes(language as Language)) {
      socket.close()
      return
    }
    const viewer: Viewer = { text: name, send, undrawn: new Map(), shown: new Map() }
    const session = sessions.join(id, language as Language, viewer)
    socket.once('close', () => void sessions.leave(session, viewer))
    connection = new Connection(viewer, session, text, language as Language)
    connection.welcome()
    onPage()
  }
  socket.on('error', () => socket.terminate())
  socket.once('close', () => clearTimeout(late))
  socket.on('message', data => {
    const message = parsed(String(data))
    // Where no lab can be made the page has been told why.
    if (connection && message) return void connection.handle(message).catch(() => {})
    clearTimeout(late)
    if (message?.type === 'hello' && guard.knows(message.token)) greet(message)
    else refuse()
  })
}
