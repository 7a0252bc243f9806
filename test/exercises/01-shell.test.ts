import { exercises } from '#chapters/01-shell/exercises.ts'
import { proveExercises } from './prove-exercises.ts'

proveExercises('01', exercises)
