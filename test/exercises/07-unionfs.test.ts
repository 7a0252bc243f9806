import { exercises } from '#chapters/07-unionfs/exercises.ts'
import { proveExercises } from './prove-exercises.ts'

proveExercises('07', exercises)
