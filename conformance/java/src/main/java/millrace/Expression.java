package millrace;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.streams.kstream.Windowed;

/**
 * A user function as text: a template of <code>{names}</code>, then functions of one argument behind bars, then
 * perhaps a condition under which the result is null. conformance/README.md lists the functions.
 */
final class Expression {
    private static final Pattern NAME = Pattern.compile("\\{(\\w+)}");
    private static final String UNLESS = " unless ";

    private final String template;
    private final List<String> functions;
    private final Expression unless;

    private Expression(final String template, final List<String> functions, final Expression unless) {
        this.template = template;
        this.functions = functions;
        this.unless = unless;
    }

    static Expression parse(final String text) {
        final int condition = text.indexOf(UNLESS);
        if (condition >= 0) {
            final Expression result = parse(text.substring(0, condition));
            return new Expression(result.template, result.functions, parse(text.substring(condition + UNLESS.length())));
        }
        final String[] parts = text.split("\\|", -1);
        return new Expression(parts[0], Arrays.asList(parts).subList(1, parts.length), null);
    }

    /** Arguments are names and values in turn. */
    Object of(final Object... arguments) {
        final Map<String, Object> values = new HashMap<>();
        for (int i = 0; i < arguments.length; i += 2) values.put((String) arguments[i], arguments[i + 1]);
        return of(values);
    }

    boolean holds(final Object... arguments) {
        return (Boolean) of(arguments);
    }

    private Object of(final Map<String, Object> values) {
        if (unless != null && (Boolean) unless.of(values)) return null;
        Object result = fill(values);
        for (final String function : functions) result = apply(text(function, values), result);
        return result;
    }

    /** A template that is a name alone is its value; any other is text. */
    private Object fill(final Map<String, Object> values) {
        final Matcher whole = NAME.matcher(template);
        if (whole.matches()) return plain(value(values, whole.group(1)));
        return text(template, values);
    }

    private static String text(final String template, final Map<String, Object> values) {
        return NAME.matcher(template).replaceAll(match -> Matcher.quoteReplacement(text(value(values, match.group(1)))));
    }

    private static Object value(final Map<String, Object> values, final String name) {
        if (!values.containsKey(name)) throw new IllegalArgumentException("{" + name + "} is none of " + values.keySet());
        return values.get(name);
    }

    private static Object plain(final Object value) {
        return value instanceof Windowed ? text(value) : value;
    }

    static String text(final Object value) {
        if (!(value instanceof Windowed<?> windowed)) return String.valueOf(value);
        return text(windowed.key()) + "@" + windowed.window().start() + "/" + windowed.window().end();
    }

    private static Object apply(final String function, final Object value) {
        final int colon = function.indexOf(':');
        final String name = colon < 0 ? function : function.substring(0, colon);
        final String argument = colon < 0 ? "" : function.substring(colon + 1);
        switch (name) {
            case "not": return !(Boolean) value;
            case "isNull": return value == null;
            case "is": return value != null && text(value).equals(argument);
            case "starts": return value != null && text(value).startsWith(argument);
            case "longer": return value != null && text(value).length() > Integer.parseInt(argument);
            case "words": return value == null ? List.of() : new ArrayList<>(Arrays.asList(text(value).split(" ", -1)));
            default:
        }
        if (value == null) return null;
        final String text = text(value);
        switch (name) {
            case "upper": return text.toUpperCase(Locale.ROOT);
            case "append": return text + argument;
            case "first": return text.isEmpty() ? "" : text.substring(0, 1);
            case "length": return (long) text.length();
            default: throw new IllegalArgumentException("There is no function " + name);
        }
    }
}
