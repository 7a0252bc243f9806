import { describe, expect, test, vi } from 'vitest'
import { expandAll } from '#chapters/01-shell/lib/expand.ts'
import { type Command, type Pipeline, parse, type SimpleCommand } from '#chapters/01-shell/lib/parser.ts'

/** The only command of a text. */
const only = (text: string): Command => {
  const list = parse(text)
  expect(list).toHaveLength(1)
  expect(list[0]!.commands).toHaveLength(1)
  return list[0]!.commands[0]!
}

const simple = (text: string): SimpleCommand => {
  const command = only(text)
  if (command.type !== 'command') throw new Error(`${text}: not a simple command`)
  return command
}

const variable = (name: string) => ({ variable: name })

describe('words', () => {
  test.each<[string, (string | { variable: string })[][]]>([
    ['ls -l /', [['ls'], ['-l'], ['/']]],
    ['  ls\t-l \t', [['ls'], ['-l']]],
    ["echo 'a  b'", [['echo'], ['a  b']]],
    ["echo '$A \\ \" ` ; | #'", [['echo'], ['$A \\ " ` ; | #']]],
    ['echo "a  b"', [['echo'], ['a  b']]],
    ['echo "it\'s"', [['echo'], ["it's"]]],
    ['echo "\\"\\\\\\$\\`\\n"', [['echo'], ['"\\$`\\n']]],
    ['echo a"b"\'c\'d', [['echo'], ['abcd']]],
    ['echo "" \'\'', [['echo'], [''], ['']]],
    ['echo a\\ b \\$A \\\\ \\# \\|', [['echo'], ['a b'], ['$A'], ['\\'], ['#'], ['|']]],
    ['echo $A', [['echo'], [variable('A')]]],
    ['echo $A$B_1/c', [['echo'], [variable('A'), variable('B_1'), '/c']]],
    ['echo "<$A>"', [['echo'], ['<', variable('A'), '>']]],
    ['echo $? $$', [['echo'], [variable('?')], [variable('$')]]],
    ['echo $?0', [['echo'], [variable('?'), '0']]],
    ['echo $ 5$ "$" $/ $=', [['echo'], ['$'], ['5$'], ['$'], ['$/'], ['$=']]],
    ['echo # $( ` "', [['echo']]],
    ['echo a#b "#" \'\'#', [['echo'], ['a#b'], ['#'], ['#']]],
    ['echo * ? [a] ~ {a,b} !', [['echo'], ['*'], ['?'], ['[a]'], ['~'], ['{a,b}'], ['!']]],
    ['echo a=b', [['echo'], ['a=b']]],
    ['echo ä 🐳 \\🐳', [['echo'], ['ä'], ['🐳'], ['🐳']]],
    ['echo a\\\nb \\\n c', [['echo'], ['ab'], ['c']]],
    ['echo "a\\\nb\nc"', [['echo'], ['ab\nc']]],
    ["echo 'a\\\nb'", [['echo'], ['a\\\nb']]],
    ['echo a\r\n', [['echo'], ['a']]],
    ['"e"cho', [['echo']]],
    ['if', [['if']]],
  ])('%j', (text, words) => {
    expect(simple(text)).toMatchObject({ words, assignments: [], redirections: [] })
  })

  test('a word of a million characters, and a hundred thousand words', () => {
    const long = 'x'.repeat(1e6)
    expect(simple(`echo "${long}" '${long}' ${long}`).words).toEqual([['echo'], [long], [long], [long]])
    expect(simple('x '.repeat(1e5)).words).toHaveLength(1e5)
  })
})

describe('assignments', () => {
  test('are words in front of the command', () => {
    expect(simple('A=1 B="$A x" C= env D=4')).toMatchObject({
      assignments: [
        { name: 'A', value: ['1'] },
        { name: 'B', value: ['', variable('A'), ' x'] }, // the empty text says that there were quotes
        { name: 'C', value: [] },
      ],
      words: [['env'], ['D=4']],
    })
  })

  test.each(['"A"=1', 'A\\=1', '1A=1', 'A-B=1', '=1', '$A=1'])('%s is none', text => {
    expect(simple(text)).toMatchObject({ assignments: [], words: [expect.anything()] })
  })

  test('a value reaches as far as a word', () => {
    expect(parse('A=a\\ b=c; d')).toMatchObject([
      { commands: [{ assignments: [{ name: 'A', value: ['a b=c'] }], words: [] }] },
      { commands: [{ words: [['d']] }] },
    ])
  })
})

describe('redirections', () => {
  test.each([
    ['<f', 0, '<'],
    ['>f', 1, '>'],
    ['>>f', 1, '>>'],
    ['2>f', 2, '>'],
    ['2>>f', 2, '>>'],
    ['0<f', 0, '<'],
    ['1>  f', 1, '>'],
    ['>"f"', 1, '>'],
  ])('%s', (text, fd, operator) => {
    const redirections = [{ fd, operator, file: ['f'] }]
    expect(simple(text)).toMatchObject({ words: [], redirections })
    expect(simple(`cat ${text} -n`)).toMatchObject({ words: [['cat'], ['-n']], redirections })
    expect(only(`(cat) ${text}`)).toMatchObject({ type: 'subshell', redirections })
  })

  test('keep their order', () => {
    expect(simple('<a cat>b>>$C').redirections).toEqual([
      { fd: 0, operator: '<', file: ['a'] },
      { fd: 1, operator: '>', file: ['b'] },
      { fd: 1, operator: '>>', file: [variable('C')] },
    ])
  })

  test('a number is a descriptor only right in front', () => {
    expect(simple('echo 2 >f').words).toEqual([['echo'], ['2']])
    expect(simple('echo a2>f')).toMatchObject({ words: [['echo'], ['a2']], redirections: [{ fd: 1 }] })
    expect(simple('echo "2">f')).toMatchObject({ words: [['echo'], ['2']], redirections: [{ fd: 1 }] })
    expect(simple('echo 3>f')).toMatchObject({ words: [['echo'], ['3']], redirections: [{ fd: 1 }] })
  })
})

/** A list in short: `a|b`, and & behind what is in the background. */
const outline = (list: readonly Pipeline[]): string[] =>
  list.map(({ commands, background }) => {
    const texts = commands.map(({ type, text }) => (type === 'subshell' ? `(${text})` : text))
    return texts.join('|') + (background ? '&' : '')
  })

describe('lists', () => {
  test.each([
    ['', []],
    [' \t\n\r\n # nothing\n', []],
    ['a', ['a']],
    ['a;', ['a']],
    ['a ; b;c', ['a', 'b', 'c']],
    ['a\n\n b\n', ['a', 'b']],
    ['a # one; two\nb', ['a', 'b']],
    ['a|b | c', ['a|b|c']],
    ['a |\n\n # comment\n b', ['a|b']],
    ['a&', ['a&']],
    ['a & b|c & d', ['a&', 'b|c&', 'd']],
    ['a&\nb', ['a&', 'b']],
    ['a >f | b', ['a >f|b']],
    ['A=1 a "b c" # d', ['A=1 a "b c"']],
    ['(a)', ['(a)']],
    ['( a; b & ) | c', ['( a; b & )|c']],
    ['(a|(b;c))&(d)', ['(a|(b;c))&', '(d)']],
    ['(a # )\n)', ['(a # )\n)']],
    ['(\n\n a\n)\n', ['(\n\n a\n)']],
    ['(")";\')\')', ['(")";\')\')']],
  ])('%j', (text, expected) => {
    expect(outline(parse(text))).toEqual(expected)
  })

  test('in the background, only the first command has /dev/null for stdin, and only where no < names another', () => {
    const devNull = { fd: 0, operator: '<', file: ['/dev/null'] }
    const [pipeline] = parse('a < f | b &')
    expect(pipeline!.commands.map(({ redirections }) => redirections)).toEqual([
      [devNull, { fd: 0, operator: '<', file: ['f'] }],
      [],
    ])
    expect(parse('(a) &')[0]!.commands[0]!.redirections).toEqual([devNull])
  })
})

const expectError = (text: string, message: string): void => {
  const error = expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) })
  expect(() => parse(text)).toThrow(error)
}

describe('syntax errors', () => {
  test.each([
    ['a && b', 'unexpected &&'],
    ['a || b', 'unexpected ||'],
    ['&& a', 'unexpected &&'],
    ['a ;; b', 'unexpected ;;'],
    ['; a', 'unexpected ;'],
    ['a & ; b', 'unexpected ;'],
    ['a & & b', 'unexpected &'],
    ['| a', 'unexpected |'],
    ['a |', 'unexpected end'],
    ['a | | b', 'unexpected |'],
    ['a | ; b', 'unexpected ;'],
    ['(', 'unexpected end'],
    ['(a', 'unexpected end'],
    ['(a\n', 'unexpected end'],
    ['()', 'unexpected )'],
    ['a)', 'unexpected )'],
    ['(a))', 'unexpected )'],
    ['(a) b', 'unexpected b'],
    ['(a) (b)', 'unexpected ('],
    ['a (b)', 'unexpected ('],
    ['A=(b)', 'unexpected ('],
    ['a >', 'unexpected end'],
    ['a >\nb', 'unexpected end of line'],
    ['a > | b', 'unexpected |'],
    ['a <> b', 'unexpected >'],
    ['a 2>&1', 'unexpected &'],
    ['a << b', 'unexpected <'],
    ['a >>> b', 'unexpected >'],
    ['echo "a', 'quote'],
    ['echo "a\\"', 'quote'],
    ["echo 'a", 'quote'],
    ["echo a'", 'quote'],
    ['echo a\\', 'backslash'],
    ['echo a\\\n', 'backslash'],
    ['echo \\\n', 'backslash'],
    ['echo "a\\\n', 'backslash'],
    ['echo $(a)', '$NAME'],
    ['echo "$(a)"', '$NAME'],
    ['echo $' + '{A}', '$NAME'],
    ['echo $1', '$NAME'],
    ['echo $@', '$NAME'],
    ['echo `a`', '$NAME'],
    ['echo "`a`"', '$NAME'],
    ['echo a\0b', 'NUL'],
    ['echo \uFFFD', 'UTF-8'],
  ])('%j', (text, message) => expectError(text, message))

  test('too many brackets in one another', () => {
    expect(parse(`${'('.repeat(50)}a${')'.repeat(50)}`)).toHaveLength(1)
    expectError(`${'('.repeat(51)}a${')'.repeat(51)}`, 'brackets')
    expectError('('.repeat(100_000), 'brackets')
    expect(parse('(a);'.repeat(1000))).toHaveLength(1000)
  })
})

describe('expansion', () => {
  const words = (text: string, status = 0): string[] => expandAll(simple(text).words, status)

  test('puts values in, and never splits them', () => {
    vi.stubEnv('SHELL_TEST', ' a  b*')
    expect(words('$SHELL_TEST "$SHELL_TEST" x$SHELL_TEST')).toEqual([' a  b*', ' a  b*', 'x a  b*'])
    vi.unstubAllEnvs()
  })

  test('a word of variables without a value is no word, a quoted one is', () => {
    expect(words('a $SHELL_TEST\\\n b')).toEqual(['a', 'b'])
    expect(words('a $SHELL_TEST$SHELL_TEST "$SHELL_TEST" x$SHELL_TEST \'\' b')).toEqual(['a', '', 'x', '', 'b'])
  })

  test('$? and $$', () => {
    expect(words('$? $$ x$?', 42)).toEqual(['42', String(process.pid), 'x42'])
  })
})
