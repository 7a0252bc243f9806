import { exercises } from '#chapters/06-net/exercises.ts'
import { proveExercises } from './prove-exercises.ts'

proveExercises('06', exercises)
