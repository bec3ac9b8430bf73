import { againstPyTorch } from "./againstPyTorch";
import { recipe } from "./recipe";

againstPyTorch("xlm-roberta", { frozenBy: 1, belongs: recipe([".embeddings"], "encoder.layer.{}.") });
