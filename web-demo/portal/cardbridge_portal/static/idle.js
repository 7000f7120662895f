// The session ends after some idle minutes: two minutes before, a dialog says so, and Enter (or Escape) goes on.
import { post } from "./request.js";

const WARNING_MS = 120_000;
// No answer from the server: ask again while there is time.
const AGAIN_MS = 10_000;
const dialog = document.getElementById("idle");
const idleMs = Number(document.body.dataset.idle) * 1000;
// Tabs of one browser share the session: what one does counts for all.
const others = new BroadcastChannel("portal-activity");
let warnAt = 0;
let timer = null;

function activity() {
  warnAt = Date.now() + Math.max(idleMs - WARNING_MS, idleMs / 2);
  if (dialog.open) dialog.close("elsewhere");
  arm();
}

function arm() {
  clearTimeout(timer);
  timer = setTimeout(warn, Math.max(0, warnAt - Date.now()));
}

function warn() {
  // Timers run early after a change of the clock, and late after sleep.
  if (Date.now() < warnAt) return arm();
  if (!dialog.open) dialog.showModal();
}

if (dialog) {
  dialog.addEventListener("close", async () => {
    if (dialog.returnValue === "elsewhere") return void (dialog.returnValue = "");
    await post("api/continue").catch(({ reason }) => {
      if (reason === "sessionExpired") return location.reload();
      warnAt = Date.now() + AGAIN_MS;
      arm();
    });
  });
  addEventListener("portal:activity", () => {
    activity();
    others.postMessage("activity");
  });
  others.addEventListener("message", activity);
  document.addEventListener("visibilitychange", () => document.hidden || arm());
  activity();
  others.postMessage("activity");
}
