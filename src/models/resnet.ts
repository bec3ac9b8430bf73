// He et al. 2016. Names and order as timm/models/resnet.py and torchvision/models/resnet.py.
import { type BatchNorm, batchNorm } from "../nn/batchNorm";
import { type Conv2d, conv2d } from "../nn/conv2d";
import { add } from "../nn/elementwise";
import { globalAveragePool } from "../nn/globalAveragePool";
import { type Linear, linear } from "../nn/linear";
import { maxPool } from "../nn/maxPool";
import type { Parameter } from "../nn/Parameter";
import type { Pass, Value } from "../nn/Pass";
import { relu } from "../nn/relu";
import type { Stage } from "../nn/Stage";
import type { Architecture, TakeBuffer } from "./Architecture";
import type { Config, Take } from "./Family";
import type { ImageInputs } from "./imageInputs";

const STEM = 64;

export const resnet18 = resnet("resnet18", [2, 2, 2, 2]);
export const resnet34 = resnet("resnet34", [3, 4, 6, 3]);

/** A ResNet of basic blocks, so many of them in each of its stages. */
function resnet(name: string, blocks: number[]): Architecture {
  return {
    name,
    classifier: "fc",
    transformersConfig: (config) => ({
      model_type: "resnet",
      architectures: ["ResNetForImageClassification"],
      num_channels: 3,
      embedding_size: STEM,
      hidden_sizes: channelsOf(config, blocks.length),
      depths: blocks,
      layer_type: "basic",
      hidden_act: "relu",
      downsample_in_first_stage: false,
    }),
    stages(config, numLabels, take, takeBuffer) {
      const taker = { take, takeBuffer };
      const widths = channelsOf(config, blocks.length);
      const stages: Stage<ImageInputs>[] = [stem(taker)];
      let from = STEM;
      for (const [i, width] of widths.entries()) {
        stages.push(
          blockStage(taker, `layer${i + 1}`, { from, width, stride: i === 0 ? 1 : 2, blocks: blocks[i] }),
        );
        from = width;
      }
      return [...stages, head(taker, from, numLabels)];
    },
  };
}

interface Taker {
  take: Take;
  takeBuffer: TakeBuffer;
}

/** timm's `channels` argument, which makes a ResNet wider or narrower. */
function channelsOf(config: Config, stages: number): number[] {
  const args = config.values.model_args as { channels?: unknown } | undefined;
  const channels = args?.channels ?? config.values.channels ?? [64, 128, 256, 512];
  const fits = Array.isArray(channels) && channels.length === stages;
  if (!fits || !channels.every((width) => Number.isInteger(width) && width > 0))
    throw config.unsupported("channels", `${stages} whole numbers`);
  return channels;
}

function stem(taker: Taker): Stage<ImageInputs> {
  const conv = takeConv(taker, "conv1", { from: 3, to: STEM, size: 7, stride: 2 });
  const norm = takeNorm(taker, "bn1", STEM);
  return stage("stem", [conv], [norm], (pass, { pixelValues }, _, training) => {
    const x = batchNorm(pass, conv2d(pass, pass.input(pixelValues), conv), norm, training);
    return maxPool(pass, relu(pass, x), { size: 3, stride: 2, padding: 1 });
  });
}

interface Block {
  convs: [Conv2d, Conv2d];
  norms: [BatchNorm, BatchNorm];
  downsample: { conv: Conv2d; norm: BatchNorm } | null;
}

function blockStage(
  taker: Taker,
  name: string,
  { from, width, stride, blocks }: { from: number; width: number; stride: number; blocks: number },
): Stage<ImageInputs> {
  const parts = Array.from({ length: blocks }, (_, i) =>
    takeBlock(taker, `${name}.${i}`, i === 0 ? from : width, width, i === 0 ? stride : 1),
  );
  const convs = parts.flatMap(({ convs, downsample }) => [
    ...convs,
    ...(downsample ? [downsample.conv] : []),
  ]);
  const norms = parts.flatMap(({ norms, downsample }) => [
    ...norms,
    ...(downsample ? [downsample.norm] : []),
  ]);
  return stage(name, convs, norms, (pass, _, x, training) =>
    parts.reduce((x, part) => basicBlock(pass, x, part, training), x!),
  );
}

function takeBlock(taker: Taker, name: string, from: number, to: number, stride: number): Block {
  const conv1 = takeConv(taker, `${name}.conv1`, { from, to, size: 3, stride });
  const norm1 = takeNorm(taker, `${name}.bn1`, to);
  const conv2 = takeConv(taker, `${name}.conv2`, { from: to, to, size: 3, stride: 1 });
  const norm2 = takeNorm(taker, `${name}.bn2`, to);
  const downsample =
    from === to && stride === 1
      ? null
      : {
          conv: takeConv(taker, `${name}.downsample.0`, { from, to, size: 1, stride }),
          norm: takeNorm(taker, `${name}.downsample.1`, to),
        };
  return { convs: [conv1, conv2], norms: [norm1, norm2], downsample };
}

function basicBlock(pass: Pass, x: Value, { convs, norms, downsample }: Block, training: boolean): Value {
  const inner = relu(pass, batchNorm(pass, conv2d(pass, x, convs[0]), norms[0], training));
  const y = batchNorm(pass, conv2d(pass, inner, convs[1]), norms[1], training);
  const shortcut = downsample
    ? batchNorm(pass, conv2d(pass, x, downsample.conv), downsample.norm, training)
    : x;
  return relu(pass, add(pass, y, shortcut));
}

function head({ take }: Taker, width: number, numLabels: number): Stage<ImageInputs> {
  const initializer = { bound: 1 / Math.sqrt(width) };
  const fc: Required<Linear> = {
    weight: take("fc.weight", [numLabels, width], initializer),
    bias: take("fc.bias", [numLabels], initializer),
  };
  return {
    name: "head",
    parameters: [fc.weight, fc.bias],
    lastLayer: { layer: fc, noise: 0, pool: (pass, _, x) => globalAveragePool(pass, x) },
    forward: (pass, _, x) => linear(pass, globalAveragePool(pass, x!), fc),
  };
}

/** A stage with batch norms, which go by the batch only where the pass trains and something in the stage does: frozen is inert. */
function stage(
  name: string,
  convs: Conv2d[],
  norms: BatchNorm[],
  forward: (pass: Pass, inputs: ImageInputs, x: Value | null, training: boolean) => Value,
): Stage<ImageInputs> {
  const parameters: Parameter[] = [
    ...convs.map(({ weight }) => weight),
    ...norms.flatMap(({ weight, bias }) => [weight, bias]),
  ];
  return {
    name,
    parameters,
    buffers: norms.flatMap(({ runningMean, runningVar, numBatchesTracked }) => [
      runningMean,
      runningVar,
      numBatchesTracked,
    ]),
    forward(pass, inputs, x) {
      const learns = parameters.some(({ requiresGrad }) => requiresGrad);
      return forward(pass, inputs, x, pass.training && learns);
    },
  };
}

function takeConv(
  { take }: Taker,
  name: string,
  { from, to, size, stride }: { from: number; to: number; size: number; stride: number },
): Conv2d {
  // He et al. 2015, by what goes out.
  const std = Math.sqrt(2 / (to * size * size));
  const weight = take(`${name}.weight`, [to, from, size, size], { std, cutoff: Number.POSITIVE_INFINITY });
  return { weight, stride, padding: (size - 1) / 2 };
}

function takeNorm({ take, takeBuffer }: Taker, name: string, width: number): BatchNorm {
  return {
    weight: take(`${name}.weight`, [width], "ones"),
    bias: take(`${name}.bias`, [width], "zeros"),
    runningMean: takeBuffer(`${name}.running_mean`, [width], "zeros"),
    runningVar: takeBuffer(`${name}.running_var`, [width], "ones"),
    numBatchesTracked: takeBuffer(`${name}.num_batches_tracked`, [], "zeros"),
    eps: 1e-5,
    momentum: 0.1,
  };
}
