// S3: the daemon's window asks for the PIN; this page only waits, and can cancel.
import { bridge, connect, failure, post, progress } from "./portal.js";
import * as guidance from "./guidance.js";
import { t } from "./language.js";

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
    await connect(client, signal, say);
    const { nonce } = await post("api/challenge", {}, signal);
    say(progress("waitingForUser"));
    const { token } = await client.getToken(
      { challengeNonce: nonce, contactField: "hidden" },
      { signal, onProgress: ({ state }) => say(progress(state)) },
    );
    say(t("ICカードを確認しています。", "Checking the card."));
    const { next } = await post("api/authenticate", { token });
    location.replace(next);
  } catch (error) {
    wait.hidden = true;
    guidance.showError(signal.aborted ? { reason: "userCancelled" } : failure(client, error), { retry: run });
  }
}

cancel.addEventListener("click", () => abort?.abort());
const [navigation] = performance.getEntriesByType("navigation");
if (navigation?.type === "back_forward") {
  wait.hidden = true;
  guidance.show("userCancelled", { retry: run });
} else {
  run();
}
