import { closeSync, openSync, readSync } from "node:fs";

/** Whether the kit wrote an ONNX file, by the producer that stands at its start; others were downloaded, or exported elsewhere. */
export function isOwnExport(path: string): boolean {
  const start = Buffer.alloc(32);
  const file = openSync(path, "r");
  try {
    return start.toString("latin1", 0, readSync(file, start)).includes(PRODUCER);
  } finally {
    closeSync(file);
  }
}

/** As ONNX files name who wrote them. */
export const PRODUCER = "frostkit";
