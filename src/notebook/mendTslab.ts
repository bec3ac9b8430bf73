// Imported for its effect, when frostkit is: mends what tslab 1.0.22 does wrong in the kernel that this process is.
import { allowShorthand } from "./allowShorthand";
import { keepMessages } from "./keepMessages";
import { openDisplay } from "./kernel";

if (openDisplay()) {
  keepMessages();
  allowShorthand();
}
