package millrace;

import org.apache.kafka.streams.kstream.KStream;

/** KStream.process and processValues. */
final class ProcessorOperators {
    private ProcessorOperators() {}

    static void register() {
        Operators.<KStream<Object, Object>>addRekeying("KStream.process", (from, step, scope) -> {
            final String[] stores = step.texts("stores").toArray(new String[0]);
            return new Scope.Made(
                step.has("name")
                    ? from.process(Processors.supplier(step), Options.named(step), stores)
                    : from.process(Processors.supplier(step), stores),
                new Keys.Plain()
            );
        });
        Operators.<KStream<Object, Object>>add("KStream.processValues", (from, step, scope) -> {
            final String[] stores = step.texts("stores").toArray(new String[0]);
            return step.has("name")
                ? from.processValues(Processors.fixedKey(step), Options.named(step), stores)
                : from.processValues(Processors.fixedKey(step), stores);
        });
    }
}
