import type { Command } from 'commander'

export const addClean = (program: Command): void => void program
