import { FrostError } from "../../errors";
import { oneLine } from "../../text/oneLine";
import type { WebgpuBackend } from "./WebgpuBackend";

/** What an error of WebGPU says where an earlier one is the cause. */
const CONSEQUENCE = /is invalid due to a previous error/;

const watched = new WeakSet<WebgpuBackend>();

/**
 * Has the backend throw where it could not compute. WebGPU reports that apart from the call that caused it, and goes on with numbers that
 * nobody computed; so whoever reads numbers next gets a FrostError that says why, out of memory and a lost device among it.
 */
export function throwWhenRead(backend: WebgpuBackend): void {
  if (watched.has(backend)) return;
  watched.add(backend);
  const { device } = backend;
  let failed = false;
  let lost = false;
  let why = "";
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    failed = true;
    if (!CONSEQUENCE.test(event.error.message)) why = event.error.message;
  });
  void device.lost.then(({ reason, message }) => {
    if (reason === "destroyed") return;
    lost = true;
    why = `the device was lost: ${message}`;
  });
  const read = backend.read.bind(backend);
  backend.read = async (id) => {
    const numbers = await read(id);
    if (failed || lost) {
      failed = false;
      throw new FrostError(`WebGPU could not compute: ${oneLine(why)}`);
    }
    return numbers;
  };
}
