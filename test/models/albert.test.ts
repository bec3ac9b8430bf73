import { againstPyTorch } from "./againstPyTorch";
import { recipe } from "./recipe";

const below = [".embeddings", "embedding_hidden_mapping_in"];
againstPyTorch("albert", {
  frozenBy: 0,
  // One group for all blocks: the first N are that group, whatever N is.
  belongs: (name, n) => recipe(below, "albert_layer_groups.{}.")(name, Math.min(n, 1)),
});
