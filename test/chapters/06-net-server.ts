/** The internet of the tests: a server that tells each client its own address, and a name server for duck.example. */

import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const [web = '', dns = ''] = process.argv.slice(2)

const tcp = createServer(socket => socket.on('error', () => {}).end(`${socket.remoteAddress}\n`))
tcp.listen(80, web, () => console.log('web'))

const TYPE_A = 1
const NO_SUCH_NAME = 3

// Source: RFC 1035, section 4.1
const answer = (query: Buffer): Buffer => {
  const end = query.indexOf(0, 12) + 1
  const name = query.toString('latin1', 13, end - 1).replace(/[^\w-]/g, '.')
  const question = query.subarray(12, end + 4)
  const known = name === 'duck.example'
  const found = known && query.readUInt16BE(end) === TYPE_A
  const header = Buffer.from(query.subarray(0, 12))
  header.writeUInt16BE(0x8180 | (known ? 0 : NO_SUCH_NAME), 2)
  for (const [at, count] of [1, Number(found), 0, 0].entries()) header.writeUInt16BE(count, 4 + 2 * at)
  const record = [0xc0, 12, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4, ...web.split('.').map(Number)]
  return Buffer.concat([header, question, Buffer.from(found ? record : [])])
}

const udp = createSocket('udp4', (query, { port, address }) => udp.send(answer(query), port, address))
udp.bind(53, dns, () => console.log('dns'))
