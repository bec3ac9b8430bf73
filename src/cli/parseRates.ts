import { InvalidArgumentError } from "commander";
import { InputError } from "../errors";
import { OPTIONS } from "../options/table";
import { decimal } from "./parseNumbers";

/** A parser for commander: a learning rate, several joined by commas, or `auto`. */
export function parseRates(text: string): number | number[] | "auto" {
  if (text.trim() === "auto") return "auto";
  if (!text.includes(",")) return decimal(0)(text);
  const given = text.split(",").map((part) => part.trim());
  const values = given.map((part) => (part === "" || Number.isNaN(Number(part)) ? part : Number(part)));
  try {
    return OPTIONS.freezeSweep.learningRates.kind.check("rates", values, "frostkit") as number[];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InvalidArgumentError(`${error.message.replace(/^rates(\[\d+\])?: e/, "E")}.`);
  }
}
