// マイページ: ログアウト lets the card forget its PIN, too.
import { bridge } from "./portal.js";
import { beforeLeaving } from "./page.js";

const PATIENCE_MS = 3000;
const client = bridge();

beforeLeaving.push(async (form) => {
  if (!form.action.endsWith("/logout")) return;
  // Without a daemon there is no card session either: the portal's own one ends in any case.
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  await Promise.race([client.connect().then(() => client.closeSession()), late]).catch(() => {});
});
// Before this line a click would have left the card session open.
document.getElementById("logout").disabled = false;
