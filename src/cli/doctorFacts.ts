import { availableParallelism, freemem, totalmem } from "node:os";
import { bindingFiles } from "../engine/native/bindingFiles";
import { findTensorflow } from "../engine/native/findTensorflow";
import { inspectTensorflow } from "../engine/native/inspectTensorflow";
import { kernelAdvice } from "../engine/native/kernelAdvice";
import { nativeStatus } from "../engine/native/nativeStatus";
import { nvidiaGpus } from "../engine/native/nvidiaGpus";
import { prove } from "../engine/native/prove";
import { nameTensorflow } from "../engine/native/Tensorflow";
import { formatDevice, tensorflowDevices } from "../engine/native/tensorflowDevices";
import { whyNoGpu } from "../engine/native/whyNoGpu";
import { ENGINES, type EngineName, useEngine, whyNot } from "../engine/useEngine";
import { formatMany, gigabytes } from "../text/numbers";
import { reasonOf } from "../text/oneLine";
import { version } from "../version";
import { notebookKernel } from "./notebookKernel";
import { productSpeed } from "./productSpeed";
import { stepTrial } from "./stepTrial";

/** What this machine can run, as labels with what there is to say: a label may come more than once. */
export async function doctorFacts(): Promise<[string, string][]> {
  const facts: [string, string][] = [
    ["frostkit", version],
    ["Node.js", `${process.versions.node} (${process.platform} ${process.arch})`],
    ["processor", formatMany(availableParallelism(), "core")],
    ["memory", `${gigabytes(totalmem())} GB, of which ${gigabytes(freemem())} GB are free`],
  ];
  for (const name of ENGINES) {
    facts.push([`engine ${name}`, await tryEngine(name)]);
    if (name !== "tensorflow" || (await whyNot(name)) !== null) continue;
    for (const line of await devices()) facts.push(["device", line]);
    facts.push(["training step", await stepTrial().catch((error) => `no: ${reasonOf(error)}`)]);
  }
  const { name, reason } = await useEngine("auto");
  facts.push(["engine auto", `${name} (${reason})`]);
  facts.push(["notebook kernel", await notebookKernel()]);
  return facts;
}

async function tryEngine(name: EngineName): Promise<string> {
  const why = await whyNot(name);
  if (why !== null) return `no: ${name === "tensorflow" ? await cureTensorflow(why) : why}`;
  const { versions } = await useEngine(name);
  const { size, gigaflops } = await productSpeed(name);
  const of = Object.entries(versions).map((entry) => entry.join(" "));
  const speed = `${gigaflops.toPrecision(3)} GFLOP/s in a float32 product of ${size} x ${size}`;
  const line = `yes: ${speed} (${of.join(", ")})`;
  if (name === "tensorflow") return `${line}; ${binding()}`;
  return line;
}

/** How the binding stands, and what to do where it is no longer what it was built for. */
function binding(): string {
  const { state, reason } = nativeStatus();
  return state === "stale" ? `${reason}: frostkit native builds the binding anew` : reason;
}

/** Why TensorFlow does not run, and the way to it on this machine. */
async function cureTensorflow(why: string): Promise<string> {
  const { state, reason } = nativeStatus();
  if (state !== "absent") return state === "stale" ? `${why}; ${binding()}` : why;
  try {
    const { tensorflow, unfit } = await findTensorflow();
    return tensorflow
      ? `${reason}; frostkit native builds it for ${nameTensorflow(tensorflow)}`
      : `${reason}; ${unfit[0] ?? "no TensorFlow is installed"}; frostkit native --pip fetches one and builds it`;
  } catch (error) {
    return `${reason}; ${(error as Error).message}`;
  }
}

/** The devices that TensorFlow computes on or could, a line each. */
async function devices(): Promise<string[]> {
  const used = await tensorflowDevices();
  const lines = used.map((device) => `${formatDevice(device)}${device.inUse ? ", in use" : ""}`);
  if (used.some(({ type }) => type === "GPU")) {
    const { tensorflow } = nativeStatus();
    const linked = tensorflow && inspectTensorflow(tensorflow.folder);
    const advice = linked && (await kernelAdvice(linked));
    return advice ? [...lines, advice] : lines;
  }
  const idle = await nvidiaGpus();
  if (idle.length === 0) return lines;
  const gpus = idle.map(({ name, total, free }) =>
    formatDevice({ type: "GPU", name, memory: { total, free }, inUse: false }),
  );
  return [...lines, `${gpus.join(", ")}: ${await whyIdle()}`];
}

async function whyIdle(): Promise<string> {
  const { tensorflow, reason } = nativeStatus();
  const linked = tensorflow && inspectTensorflow(tensorflow.folder);
  if (!linked) return `the GPU is not used: ${reason}; frostkit native --pip links a TensorFlow with CUDA 12`;
  const files = bindingFiles();
  return whyNoGpu(linked, await prove(files.binding, files));
}
