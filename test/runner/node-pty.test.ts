import { expect, test, vi } from 'vitest'

vi.mock(import('#native/ffi.ts'), async original => ({ ...(await original()), isMusl: () => true }))

test('on musl no window is opened, and whoever needs one is told why', async () => {
  // The set-up of the tests has loaded these already, with what is no mock.
  vi.resetModules()
  const { Shell } = await import('../../runner/terminal/shell.ts')
  const { whyUnmet } = await import('../../runner/needs/probes.ts')
  const { pseudoTerminal } = await import('../../runner/doctor/try-pseudo-terminal.ts')
  expect(() => new Shell(['sh'], { cwd: '/', env: {} })).toThrow(/node-pty.*musl: take a system with glibc/)
  expect(whyUnmet('pty')).toMatch(/^needs pty: node-pty.*musl/)
  expect(await pseudoTerminal()).toMatchObject({ state: 'missing', found: expect.stringContaining('musl') })
})
