// A reporter for `node --test`: one line of JSON for each test, with what was compared as text.
import { inspect } from "node:util";

const REPORTED = new Set(["test:start", "test:pass", "test:fail", "test:stderr"]);

export default async function* report(events) {
  for await (const { type, data } of events) {
    if (REPORTED.has(type)) {
      yield `${JSON.stringify({ type, ...described(data) })}\n`;
    }
  }
}

function described(data) {
  return {
    name: data.name,
    file: data.file,
    line: data.line,
    nesting: data.nesting,
    skipped: data.skip !== undefined && data.skip !== false,
    todo: data.todo !== undefined && data.todo !== false,
    suite: data.details?.type === "suite",
    duration_ms: data.details?.duration_ms,
    error: data.details?.error && failure(data.details.error),
    printed: data.message,
  };
}

function failure(error) {
  const cause = error.cause instanceof Error ? error.cause : error;
  const compared = cause.operator !== undefined && "expected" in cause;
  return {
    kind: error.failureType,
    name: cause.name,
    message: String(cause.message ?? error.cause),
    stack: cause.stack,
    own_words: cause.generatedMessage === false,
    operator: compared ? cause.operator : undefined,
    expected: compared ? shown(cause.expected) : undefined,
    actual: compared ? shown(cause.actual) : undefined,
  };
}

function shown(value) {
  return inspect(value, {
    depth: 4,
    breakLength: Number.POSITIVE_INFINITY,
    maxArrayLength: 20,
    maxStringLength: 200,
  });
}
