import { join } from "node:path";

/** The compiled command line, which is what is shipped. */
export const commandLine = join(__dirname, "../../../dist/cli/main.js");
