/** What runs in the little internet: a web server, a name server, and a shell. internet.ts starts it. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { clone, exitCode } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { dieWithParent, exec } from '#native/steps.ts'

const WEB_SERVER = '203.0.113.80'
const NAME_SERVER = '203.0.113.53'
const KNOWN_NAME = 'www.example'

/** How many pings have arrived, from whatever sender. Source: proc_pid_net(5), snmp; RFC 2011, icmpInEchos */
const pings = (): string => {
  const lines = readFileSync('/proc/net/snmp', 'utf8').split('\n')
  const [names = [], counts = []] = lines.filter(line => line.startsWith('Icmp:')).map(line => line.split(' '))
  return counts[names.indexOf('InEchos')] ?? 'not counted'
}

const web = createServer(({ url, socket }, response) => {
  const pages = { '/who': `you are ${socket.remoteAddress}`, '/pings': `pings: ${pings()}` }
  response.end(`${pages[url as keyof typeof pages] ?? 'there are two pages: /who and /pings'}\n`)
})

const TYPE_A = 1 // the question for an IPv4 address
const ANSWER = 0x8180
const NO_SUCH_NAME = 3

/** Answers a question for an address. The question is repeated, and the address stands behind it. Source: RFC 1035, 4.1 */
const answer = (query: Buffer): Buffer => {
  const end = query.indexOf(0, 12) + 1 // a name ends with a zero
  const name = query.toString('latin1', 13, end - 1).replace(/[^\w-]/g, '.') // before each part stands its length
  const isKnown = name === KNOWN_NAME
  const hasAddress = isKnown && query.readUInt16BE(end) === TYPE_A
  const header = Buffer.from(query.subarray(0, 12))
  header.writeUInt16BE(isKnown ? ANSWER : ANSWER | NO_SUCH_NAME, 2)
  for (const [index, count] of [1, Number(hasAddress), 0, 0].entries()) header.writeUInt16BE(count, 4 + 2 * index)
  const record = [0xc0, 12, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4, ...WEB_SERVER.split('.').map(Number)]
  return Buffer.concat([header, query.subarray(12, end + 4), Buffer.from(hasAddress ? record : [])])
}

const names = createSocket('udp4', (query, { port, address }) => {
  if (query.length > 16) names.send(answer(query), port, address, () => {}) // whoever cannot be reached gets no answer
})

web.listen(80, WEB_SERVER)
names.bind(53, NAME_SERVER)
await Promise.all([once(web, 'listening'), once(names, 'listening')])

const shell = clone([dieWithParent(), exec(['bash'])], SIGCHLD)
process.exitCode = await exitCode(shell)
web.close()
web.closeAllConnections()
names.close()
