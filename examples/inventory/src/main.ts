#!/usr/bin/env node
/** The program: arguments in, exit status out. */
import { main } from '../../shared/dist/program.js'
import { parseOptions } from './options.js'

main({
  name: 'inventory',
  whenTooSlow: 'not everything could be committed in time; the next run counts the rest',
  parse: parseOptions,
  // Loaded only now: help and wrong use are told at once.
  run: async (options, surroundings) => (await import('./run.js')).run(options, surroundings)
})
