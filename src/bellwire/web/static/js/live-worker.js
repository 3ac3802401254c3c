// The hub where all tabs of the browser share it.
import { Hub } from "./hub.js";

const hub = new Hub();
addEventListener("connect", event => hub.join(event.ports[0]));
