import { tmpdir } from "node:os";
import { FrostError } from "../../errors";
import { reasonOf } from "../../text/oneLine";
import { addInGroups } from "./addInGroups";
import { sumInOrder } from "./sumInOrder";

interface Gpu {
  requestAdapter(): Promise<object | null>;
}

// Dawn stops when the object it returned is garbage-collected.
let gpu: Gpu | null = null;

/**
 * Registers tfjs's WebGPU backend over Dawn, from the optional packages `webgpu` and `@tensorflow/tfjs-backend-webgpu`. Throws a
 * FrostError when they are not installed or no graphics adapter is found.
 */
export async function loadWebgpu(): Promise<void> {
  if (gpu) return;
  // Mesa complains on stderr where there is no session, as in a container.
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  const dawn = optional("webgpu") as { create(options: string[]): Gpu; globals: object };
  const created = dawn.create([]);
  if (!(await created.requestAdapter()))
    throw new FrostError(
      "no WebGPU adapter was found: install the Vulkan loader (Debian's libvulkan1) and the GPU's Vulkan driver, or name a driver by VK_DRIVER_FILES",
    );
  // tfjs looks for a browser's globals; Node's own navigator, where there is one, has no gpu.
  Object.assign(globalThis, dawn.globals);
  Object.defineProperty(globalThis, "navigator", {
    value: { gpu: created, userAgent: "node" },
    configurable: true,
  });
  optional("@tensorflow/tfjs-backend-webgpu");
  addInGroups();
  sumInOrder();
  gpu = created;
}

function optional(name: string): unknown {
  try {
    return require(name);
  } catch (error) {
    throw new FrostError(
      `the optional package ${name} does not load (${reasonOf(error)}): npm install ${name}`,
    );
  }
}
