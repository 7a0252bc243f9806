import type { Command } from 'commander'

export const addStart = (program: Command): void => void program
