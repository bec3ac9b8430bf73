import { againstPyTorch } from "./againstPyTorch";
import { recipe } from "./recipe";

// ".embeddings" is part of "electra.embeddings_project" too.
againstPyTorch("electra", { frozenBy: 1, belongs: recipe([".embeddings"], "encoder.layer.{}.") });
