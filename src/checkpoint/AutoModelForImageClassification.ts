import { InputError } from "../errors";
import { architectureOf } from "../models/architectures";
import { Config } from "../models/Family";
import { ImageClassifier } from "../models/ImageClassifier";
import { type LoadOptions, labelCount, labelNames, loadClassifier } from "./loadClassifier";
import { saveCheckpoint } from "./saveCheckpoint";

export const AutoModelForImageClassification = {
  /**
   * Loads a pretrained image model from a folder as timm puts it on the Hub, or by its Hub id: `config.json` that names the
   * `architecture` (resnet18, resnet34) beside weights under timm's and torchvision's names.
   *
   *     const model = await AutoModelForImageClassification.fromPretrained("timm/resnet18.a1_in1k", { classes: ["cat", "dog"] });
   *
   * A head of another size than the checkpoint's starts anew from the seed, as in timm; other weights do with
   * `ignoreMismatchedSizes` only. Throws an InputError when the folder lacks a file, the architecture is not supported or a shape
   * does not fit.
   */
  fromPretrained(idOrFolder: string, options: LoadOptions = {}): Promise<ImageClassifier> {
    return loadClassifier(idOrFolder, options, (checkpoint, loaderOf) => {
      const { config, folder } = checkpoint;
      const file = `${folder}/config.json`;
      const architecture = architectureOf(config, file);
      const ofTexts = ["head", "reinitLayers"].find((name) => name in options);
      if (ofTexts)
        throw new InputError(
          `${ofTexts}: expected none, since ${architecture.name} reads images; it is an option of AutoModelForSequenceClassification`,
        );
      const own = config.label_names as string[] | undefined;
      const numLabels = labelCount(options, (config.num_classes as number | undefined) ?? own?.length);
      const loader = loaderOf({
        seed: options.seed ?? 0,
        initializerRange: 0,
        mayDiffer: (name) => options.ignoreMismatchedSizes || name.startsWith(`${architecture.classifier}.`),
      });
      const stages = architecture.stages(
        new Config(config, file),
        numLabels,
        (name, shape, initializer) => loader.parameter(name, shape, initializer),
        (name, shape, initializer) => loader.buffer(name, shape, initializer),
      );
      return new ImageClassifier({
        architecture,
        config,
        stages,
        parameters: loader.parameters,
        fresh: loader.fresh,
        unused: loader.unused(),
        classes: labelNames(numLabels, options, own ?? []),
        initializerRange: 0,
        problemType: "single_label_classification",
        folder,
        checkpointHash: () => checkpoint.hash(),
        save: saveCheckpoint,
      });
    });
  },
};
