import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Argument } from '#native/argument.ts'
import { isVector } from '#native/argument.ts'
import { command, hostUnchanged, needs, repository, temporaryDirectory, typescript } from '../harness/index.ts'
import { randomSteps } from './random-steps.ts'

// Others are to be had: SEEDS="100 101 102" npx vitest run …
const SEEDS = (process.env.SEEDS ?? '1 2 3 4 5 6').split(' ').map(Number)

/** Every call of randomSteps(), answered with 0 by strace itself: the kernel never carries it out. */
const CALLS =
  'chroot,chdir,fchdir,mount,umount2,pivot_root,sethostname,setns,unshare,close,close_range,dup3,prctl,setuid,setgid,mkdirat,setpgid,faccessat,mount_setattr,write,execve,fcntl,prlimit64,rt_sigaction,rt_sigprocmask'

// What clone() puts before exec; strace reads structures there, so they are looked at elsewhere.
const INHERITANCE = /^(fcntl|prlimit64|rt_sig\w+|close_range)\(.*$/

const hex = (bytes: Uint8Array): string =>
  `"${[...bytes].map(byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`

/** An argument as `strace -xx -X raw` writes it. */
const expected = (argument: Argument, is64: boolean): string => {
  if (argument === null) return 'NULL'
  if (typeof argument === 'string') return hex(Buffer.from(argument))
  if (argument instanceof Uint8Array) return hex(argument)
  if (isVector(argument)) return `[${argument.map(text => hex(Buffer.from(text))).join(', ')}]`
  const value = typeof argument === 'object' ? argument.value : argument
  return String(BigInt.asUintN(is64 ? 64 : 32, BigInt(value)))
}

/** The same for every way in which strace writes a number. */
const normalised = (line: string): string => {
  const is64 = line.startsWith('prctl')
  const plain = line.replace(/ \/\*.*?\*\//g, '').replace(/\) += .*$/, ')')
  return plain.replace(/"[^"]*"|-?\b(0x[0-9a-f]+|\d+)\b/g, word =>
    word.startsWith('"') || /^[a-z]/.test(word) ? word : String(BigInt.asUintN(is64 ? 64 : 32, number(word))),
  )
}

/** The structure that mount_setattr(2) reads, by the names that strace gives to its words. Source: mount_setattr(2) */
const mountAttributes = (bytes: Uint8Array): string => {
  const words = new BigUint64Array(Uint8Array.from(bytes).buffer)
  return `{${['attr_set', 'attr_clr', 'propagation', 'userns_fd'].map((name, at) => `${name}=${words[at]}`).join(', ')}}`
}

const number = (word: string): bigint => {
  if (word.startsWith('-')) return -BigInt(word.slice(1))
  return BigInt(/^0\d/.test(word) ? `0o${word}` : word) // a mode is octal
}

/** A long line as its beginning and a digest: enough to see a difference, little enough to read. */
const short = (line: string): string =>
  line.length < 300 ? line : `${line.slice(0, 100)}… ${createHash('sha256').update(line).digest('hex')}`

describe('any list of steps reaches the kernel unchanged, as strace sees it', () => {
  hostUnchanged()

  test.each(SEEDS)('seed %i', needs('strace', 'root'), async seed => {
    const log = join(await temporaryDirectory(), 'strace')
    const program = await typescript(join(repository, 'test/native/programs/random-steps.ts')).start([String(seed)])
    const [, pid] = await program.stdout.waitFor(/^(\d+)\n/)
    const options = `-p ${pid} -v -xx -s 100000 -X raw -o ${log} -e trace=${CALLS},exit_group -e inject=${CALLS}:retval=0`
    const strace = await command('strace', ...options.split(' ')).start()
    await strace.stderr.waitFor(/attached/)
    program.write('go\n')
    await program.stdout.waitFor(/status 0\n/)
    await strace.exit()
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
    const calls = lines.filter(line => !line.startsWith('+++') && !line.startsWith('exit_group'))
    const wanted = randomSteps(seed).map(({ call, arguments: args }) => {
      const is64 = call === 'prctl'
      const words = args.map(argument =>
        call === 'mount_setattr' && argument instanceof Uint8Array
          ? mountAttributes(argument)
          : expected(argument, is64),
      )
      return `${call}(${words.join(', ')})`
    })
    const isInheritance = (line: string): boolean => INHERITANCE.test(line)
    const seen = calls.map(normalised).filter(line => !isInheritance(line))
    expect(seen.map(short)).toEqual(wanted.filter(line => !isInheritance(line)).map(short))
  })
})
