// S3, S9, S11 and the old card of S10: the daemon's window asks for the PIN; this page only waits, and can cancel.
import { bridge, failure } from "./portal.js";
import * as guidance from "./guidance.js";
import { t } from "./language.js";
import { identify } from "./token.js";

const { step } = document.querySelector("[data-step]").dataset;
const status = document.getElementById("status");
const cancel = document.getElementById("cancel");
const wait = document.getElementById("wait");
let client = null;
let abort = null;

function say(text) {
  status.textContent = text;
}

async function run() {
  abort = new AbortController();
  const { signal } = abort;
  wait.hidden = false;
  say(t("準備しています。", "Preparing."));
  if (client?.state.name !== "connected") {
    client?.close();
    client = bridge();
  }
  try {
    location.replace(await identify(client, step, signal, say));
  } catch (error) {
    wait.hidden = true;
    guidance.showError(signal.aborted ? { reason: "userCancelled" } : meant(failure(client, error)), { retry: run });
  }
}

/** The daemon does not let an expired card sign: for the old card of S10 that means 登録. */
function meant(error) {
  return step === "renewOld" && error?.reason === "certificateExpired" ? { reason: "oldCardExpired" } : error;
}

cancel.addEventListener("click", () => abort?.abort());
const [navigation] = performance.getEntriesByType("navigation");
if (navigation?.type === "back_forward") {
  wait.hidden = true;
  guidance.show("userCancelled", { retry: run });
} else {
  run();
}
