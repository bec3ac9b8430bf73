import { existsSync } from "node:fs";

/**
 * Loads a library and keeps what it logs below errors off stderr. TensorFlow reads TF_CPP_MIN_LOG_LEVEL only after some of its
 * libraries' initializers have logged (tensorflow/core/util/port.cc on oneDNN, as of 2.21), so for as long as it loads stderr is
 * held back and sifted. `capture` is the addon of captureStderr.cc; without it the lines appear.
 */
export function withoutNoise<T>(capture: string, load: () => T): T {
  if (!existsSync(capture)) return load();
  const { begin, end }: { begin(): void; end(): string } = require(capture);
  // Node.js makes it when it is first asked for, and looks then whether it is a terminal, which what it is held back in is not.
  const { stderr } = process;
  begin();
  try {
    return load();
  } finally {
    const left = withoutLogLines(end());
    // In a notebook even nothing would be shown, as an empty block.
    if (left !== "") stderr.write(left);
  }
}

/** The text without the lines that TensorFlow logs as information or warnings; whatever else was written stays. */
export function withoutLogLines(text: string): string {
  return text
    .split("\n")
    .filter((line) => !NOISE.some((pattern) => pattern.test(line)))
    .join("\n");
}

const NOISE = [
  // absl's form of a line, and the one before it of TensorFlow's own.
  /^[IW]\d{4} \d\d:\d\d:[\d.]+ /,
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IW] /,
  /^WARNING: All log messages before absl::InitializeLog\(\)/,
  // Logged as errors by TensorFlow 2.16 to 2.20 with CUDA, and of no consequence.
  /Unable to register cu\w+ factory: .* has already been registered|computation placer already registered/,
];
