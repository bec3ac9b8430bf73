import { activate } from "../nn/activate";
import { convolution } from "../nn/convolution";
import { dropout } from "../nn/elementwise";
import { type Norm, residualNorm } from "../nn/layerNorm";
import type { Linear } from "../nn/linear";
import type { Stage } from "../nn/Stage";
import { zeroPadding } from "../nn/zeroPadding";
import type { Activation } from "../ops/activations/activations";
import type { Config, Take } from "./Family";
import { parametersOf, takeNorm } from "./takeParts";
import type { TextInputs } from "./textInputs";

/** What large DeBERTas add to the first block's output: a convolution of its input. */
export interface Convolution {
  dense: Required<Linear>;
  norm: Norm;
  activation: Activation;
  dropout: number;
}

export function takeConvolution(config: Config, take: Take): Convolution {
  const name = "deberta.encoder.conv";
  const hidden = config.number("hidden_size");
  const size = config.number("conv_kernel_size");
  if (size % 2 === 0) throw config.unsupported("conv_kernel_size", "an odd number");
  if (config.number("conv_groups", 1) !== 1) throw config.unsupported("conv_groups", "1");
  return {
    dense: {
      weight: take(`${name}.conv.weight`, [hidden, hidden, size], "normal"),
      bias: take(`${name}.conv.bias`, [hidden], "zeros"),
    },
    norm: takeNorm(take, `${name}.LayerNorm`, hidden, config.number("layer_norm_eps", 1e-7)),
    activation: config.activation("conv_act", "tanh"),
    dropout: config.number("hidden_dropout_prob", 0.1),
  };
}

/** The first block with its convolution. */
export function withConvolution(first: Stage<TextInputs>, convolved: Convolution): Stage<TextInputs> {
  const { dense, norm, activation, dropout: rate } = convolved;
  return {
    name: first.name,
    get parameters() {
      return [...first.parameters, ...parametersOf({ dense, norm })];
    },
    adaptable: first.adaptable,
    forward(pass, inputs, x) {
      // A text's last tokens have padding for neighbours, which must weigh nothing, as if the text ended there.
      const seen = zeroPadding(pass, x!, inputs.mask);
      const sum = dropout(pass, convolution(pass, seen, dense, inputs.batchSize), rate);
      const activated = activate(pass, sum, activation);
      const y = first.forward(pass, inputs, x);
      return residualNorm(pass, y, 0, activated, norm);
    },
  };
}
