#!/usr/bin/env node
import { failureOf } from "./failure";
import { note } from "./note";
import { program } from "./program";
import { spelledForShell } from "./spelledForShell";

// Whoever reads only the start (`| head`) wants nothing more.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

async function main(args: string[]): Promise<void> {
  const frostkit = program();
  try {
    await frostkit.parseAsync(args, { from: "user" });
  } catch (error) {
    const command = frostkit.commands.find((each) => each.name() === args[0]);
    const name = command ? ` ${args[0]}` : "";
    const { exitCode, line } = failureOf(error, `frostkit${name}`, (text) =>
      spelledForShell(text, command?.options ?? [], args),
    );
    if (line !== null) note(line);
    if (line !== null && process.env.FROSTKIT_DEBUG && error instanceof Error) note(error.stack!);
    process.exitCode = exitCode;
  }
}

void main(process.argv.slice(2));
