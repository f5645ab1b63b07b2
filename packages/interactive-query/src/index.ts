/** Everything `@millrace/interactive-query` offers. */
export {}
