import { againstPyTorch } from "./againstPyTorch";
import { recipe } from "./recipe";

againstPyTorch("distilbert", { frozenBy: 1, belongs: recipe([".embeddings"], "transformer.layer.{}.") });
