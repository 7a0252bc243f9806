import type { Command } from 'commander'

export const addDiff = (program: Command): void => void program
