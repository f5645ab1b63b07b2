/** Everything `@millrace/testing` offers. */
export {}
