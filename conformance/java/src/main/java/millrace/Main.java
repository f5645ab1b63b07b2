package millrace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Answers each line of standard input, a scenario as JSON, with a line of standard output: what Kafka Streams makes of it. A line
 * may also start or stop a scenario as an application on a broker, or ask for its state.
 */
public final class Main {
    private Main() {}

    public static void main(final String[] args) throws IOException {
        final ObjectMapper json = new ObjectMapper();
        final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        final Applications applications = new Applications();
        // What user code or a library prints must not come between the answers.
        System.setOut(System.err);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            final JsonNode command = json.readTree(line);
            out.println(json.writeValueAsString(command.has("application") ? applications.answer(command) : new Scenario(command).run()));
            out.flush();
        }
        applications.close();
        Run.deleteDirectory();
    }
}
