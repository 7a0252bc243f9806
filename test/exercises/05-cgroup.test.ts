import { exercises } from '#chapters/05-cgroup/exercises.ts'
import { proveExercises } from './prove-exercises.ts'

proveExercises('05', exercises)
