/** -i and -t, as Docker has them. They are there for habit's sake, because both happen anyway, wherever there is a terminal. */

export const terminalOptions = {
  interactive: { type: 'boolean', short: 'i', help: 'leave stdin open; it is in any case, unless detached' },
  tty: { type: 'boolean', short: 't', help: "use the caller's terminal; it is used wherever there is one" },
} as const
