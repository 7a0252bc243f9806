/**
 * What vitest is asked for. It takes parts of paths as arguments; what is part of no test's path is looked for in
 * the tests' names.
 *
 * @param only parts of a test file's path, or of a test's name
 * @param files of the project
 */
export const vitestArguments = (only: string[], files: string[]): string[] => {
  const tests = files.filter(file => file.startsWith('test/') && file.endsWith('.test.ts'))
  const isPath = (part: string) => tests.some(file => file.includes(part))
  const names = only.filter(part => !isPath(part))
  return [...only.filter(isPath), ...(names.length > 0 ? ['-t', names.join('|')] : [])]
}
