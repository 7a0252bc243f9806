/** As in the tests: how many times longer an emulator or a busy machine takes. Waits are lengthened by it. */
export const scale = Number(process.env.SKDOCKER_TIMEOUT_SCALE ?? 1)
