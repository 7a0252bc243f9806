/** The page's server: on the loopback alone, and for who has the token. */

import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createAdaptorServer } from '@hono/node-server'
import { WebSocketServer } from 'ws'
import { hasErrno, ProgramError } from '#native/program-error.ts'
import { closeAtSignal, stopClosingAtSignal } from '../lab/close-at-signal.ts'
import { findTexts, type Text } from '../lesson/chapters.ts'
import type { Language } from '../lesson/lesson.ts'
import { scale } from '../scale.ts'
import { pageBundle } from './bundle.ts'
import { browserOpener, callerOf, openInBrowser } from './caller.ts'
import { Guard } from './guard.ts'
import { pageApp } from './page-app.ts'
import { addressOf } from './page-links.ts'
import { SOCKET_PATH } from './protocol.ts'
import { RedirectFile } from './redirect-file.ts'

const LOOPBACK = '127.0.0.1'
const PATIENCE = 5000 * scale // ms that a page may be away while it is loaded anew
const MOST_IN_MESSAGE = 1 << 20 // bytes

type PageOptions = {
  /** the text that is shown first */
  readonly text: Text
  readonly language: Language
  /** 0: any that is free */
  readonly port: number
  /** whether the caller's browser is to open it, where there is a desktop */
  readonly isToOpen: boolean
  /** those that can be read; by default all */
  readonly texts?: readonly Text[]
  /** milliseconds that a page may be away before its shells end */
  readonly patience?: number
}

export type OpenPage = {
  /** with the token */
  readonly address: string
  close(): Promise<void>
}

const listen = async (server: Server, port: number): Promise<number> => {
  server.listen(port, LOOPBACK)
  try {
    await once(server, 'listening')
  } catch (error) {
    if (hasErrno(error, 'EADDRINUSE'))
      throw new ProgramError(`port ${port} is taken: name another with --port, or none`)
    if (hasErrno(error, 'EACCES')) throw new ProgramError(`port ${port} is for root: name one above 1023`)
    throw error
  }
  return (server.address() as AddressInfo).port
}

const refuseUpgrade = (socket: Duplex, refusal: string): void => {
  socket.end(`HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n${refusal}\n`)
}

// The lab, its shells and what compares take a third of the time that the program takes to start. The text can be read
// before they are there.
const loadSessions = async (patience: number) => {
  const [{ Sessions }, { servePage }] = await Promise.all([import('./session.ts'), import('./page-socket.ts')])
  return { sessions: new Sessions(patience), servePage }
}

const showInBrowser = (address: string): RedirectFile | undefined => {
  const opener = browserOpener(process.env)
  if (!opener) return undefined
  const caller = callerOf(process.env)
  const file = new RedirectFile(address, caller)
  openInBrowser(opener, file.path, caller)
  return file
}

/**
 * Starts the server. It is closed by a signal, too.
 * @throws ProgramError when the port is taken, or the page cannot be bundled
 */
export const openPage = async (options: PageOptions): Promise<OpenPage> => {
  const { text, language, texts = findTexts(), patience = PATIENCE } = options
  const guard = new Guard()
  let loading: ReturnType<typeof loadSessions> | undefined
  const app = pageApp({ guard, bundle: await pageBundle(), texts })
  app.get('/', context => context.redirect(addressOf(text, language)))
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MOST_IN_MESSAGE })
  let redirect: RedirectFile | undefined
  const onPage = (): void => redirect?.remove()
  server.on('upgrade', async (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const refusal = guard.refusalOfUpgrade(request.headers)
    if (refusal || request.url !== SOCKET_PATH) return refuseUpgrade(socket, refusal ?? 'there is no such socket')
    loading ??= loadSessions(patience)
    const { sessions, servePage } = await loading
    sockets.handleUpgrade(request, socket, head, page => servePage(page, { guard, sessions, texts, onPage }))
  })
  const port = await listen(server, options.port)
  guard.listensAt(port)
  const page = {
    address: `http://${LOOPBACK}:${port}${addressOf(text, language)}#token=${guard.token}`,
    close: async (): Promise<void> => {
      stopClosingAtSignal(page)
      redirect?.remove()
      for (const socket of sockets.clients) socket.terminate()
      server.close()
      server.closeAllConnections()
      await loading?.then(({ sessions }) => sessions.close())
    },
  }
  closeAtSignal(page)
  if (options.isToOpen) redirect = showInBrowser(page.address)
  return page
}
