// Imported for its effect, when frostkit is: where this process is a tslab kernel, patches what tslab 1.0.22 does wrong.

import { keepMessages } from "./keepMessages";
import { openDisplay } from "./kernel";
import { patchCells } from "./patchCells";
import { showBusy } from "./showBusy";

if (openDisplay()) {
  keepMessages();
  patchCells();
  showBusy();
}
