// Imported for its effect, when frostkit is: mends what tslab 1.0.22 does wrong in the kernel that this process is.

import { keepMessages } from "./keepMessages";
import { openDisplay } from "./kernel";
import { mendCells } from "./mendCells";
import { showBusy } from "./showBusy";

if (openDisplay()) {
  keepMessages();
  mendCells();
  showBusy();
}
