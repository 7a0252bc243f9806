/**
 * Does something that would say what it does; clean says it itself.
 * @throws what that throws
 */
export const quietly = async (act: () => Promise<unknown>): Promise<void> => {
  const { log } = console
  console.log = () => {}
  try {
    await act()
  } finally {
    console.log = log
  }
}
