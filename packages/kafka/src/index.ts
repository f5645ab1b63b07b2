/** Everything `@millrace/kafka` offers. */
export {}
