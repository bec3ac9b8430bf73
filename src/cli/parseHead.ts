import { InvalidArgumentError } from "commander";
import { InputError } from "../errors";
import type { PoolingHead } from "../models/Head";
import { OPTIONS } from "../options/table";

/** A parser for commander: how a head pools, with its settings behind colons, as `mean` or `lstm:hiddenSize=256:bidirectional=true`. */
export function parseHead(text: string): PoolingHead {
  const [pooling, ...settings] = text.trim().split(":");
  const written: Record<string, unknown> = Object.assign(Object.create(null), { pooling });
  for (const setting of settings) {
    const [, key, value] = /^(\w+)=(.+)$/.exec(setting) ?? [];
    if (key === undefined)
      throw new InvalidArgumentError(`Expected ${pooling}:setting=value, got ${JSON.stringify(setting)}.`);
    if (key in written) throw new InvalidArgumentError(`Expected ${key} once, got it twice.`);
    written[key] = settingOf(value);
  }
  try {
    return OPTIONS["AutoModelForSequenceClassification.fromPretrained"].head.kind.check(
      "head",
      { ...written },
      "frostkit",
    ) as PoolingHead;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [, where, what] = /^(?:head(?:\.(?:pooling|(\w+)))?: )?([\s\S]*)$/.exec(error.message)!;
    throw new InvalidArgumentError(`${where ? `${where}: ` : ""}${where ? what : what.replace(/^e/, "E")}.`);
  }
}

function settingOf(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
}
