import { Command, Option } from "commander";
import { installOfficial } from "../../engine/native/installOfficial";
import { kernelAdvice } from "../../engine/native/kernelAdvice";
import { linkNative } from "../../engine/native/linkNative";
import { nvidiaGpus } from "../../engine/native/nvidiaGpus";
import type { Proof } from "../../engine/native/prove";
import { removeNative } from "../../engine/native/removeNative";
import { nameTensorflow } from "../../engine/native/Tensorflow";
import { formatDevice, tensorflowDevices } from "../../engine/native/tensorflowDevices";
import { whyNoGpu } from "../../engine/native/whyNoGpu";
import { fetchPackage } from "../../packages/fetchPackage";
import { alignTable } from "../../text/alignTable";
import { endBySignals } from "../interrupt";
import { note } from "../note";
import { print } from "../print";

interface NativeFlags {
  pip?: boolean;
  official?: true;
  remove?: true;
}

export function nativeCommand(): Command {
  return new Command("native")
    .summary("link TensorFlow, so that it computes, on GPUs as well")
    .description(
      "Builds tfjs-node-gpu's binding for the TensorFlow that Python has installed, CUDA included, and tries it. Looks in " +
        "FROSTKIT_TENSORFLOW, the active Python's packages, conda's and the system's. Where frostkit was installed as a package " +
        "it fetches tfjs-node-gpu first. Run again it does nothing, unless TensorFlow has changed.",
    )
    .addOption(new Option("--pip", "where none is installed, fetch one into frostkit's cache folder"))
    .addOption(
      new Option(
        "--official",
        "download what tfjs-node-gpu was published with: TensorFlow 2.9, CUDA 11",
      ).conflicts("pip"),
    )
    .addOption(new Option("--remove", "undo all of it").conflicts(["pip", "official"]))
    .addHelpText(
      "after",
      `
Examples:
  frostkit native
  frostkit native --pip
  FROSTKIT_TENSORFLOW=/opt/venv/lib/python3.12/site-packages/tensorflow frostkit native`,
    )
    .action(native);
}

async function native({ pip = false, official, remove }: NativeFlags): Promise<void> {
  if (remove) return report(removeNative());
  endBySignals();
  await fetchPackage("@tensorflow/tfjs-node-gpu", note);
  if (official) {
    note("downloading TensorFlow 2.9.1 and a binding for it: about 0.4 GB");
    return show("tfjs-node-gpu's own download", await installOfficial());
  }
  const { tensorflow, proof } = await linkNative({ pip, log: note });
  if (proof === null) return print(`linked already to ${nameTensorflow(tensorflow)}`);
  await show(tensorflow.folder, proof);
  const advice = proof.gpu && (await kernelAdvice(tensorflow));
  if (advice) note(advice);
  if (!proof.gpu && (await nvidiaGpus()).length > 0) note(await whyNoGpu(tensorflow, proof));
}

function report(removed: string[]): void {
  print(removed.length === 0 ? "nothing to remove" : removed.map((path) => `removed ${path}`).join("\n"));
}

async function show(source: string, { version, gpu }: Proof): Promise<void> {
  const devices = await tensorflowDevices(gpu);
  print(
    alignTable([
      ["TensorFlow", `${version} (${source})`],
      ...devices.map((device) => ["device", `${formatDevice(device)}${device.inUse ? ", in use" : ""}`]),
      [
        "proof",
        "a product of 64 x 64 matrices, a convolution, attention, random numbers and a step of training are as they have to be",
      ],
    ]),
  );
}
