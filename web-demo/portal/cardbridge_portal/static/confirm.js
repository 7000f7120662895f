// S6, and 電子証明書更新確認 of S10: the button fetches the document, the daemon's window shows it and signs, the portal verifies.
import { bridge, bytes, connect, failure, post, progress } from "./portal.js";
import * as guidance from "./guidance.js";
import { t } from "./language.js";

const status = document.getElementById("status");
const button = document.querySelector("[data-sign]");
const others = [...document.querySelectorAll(".actions > :not([data-sign])")];
const cancel = document.getElementById("cancel");
const wait = document.getElementById("wait");
let client = null;
let abort = null;
let signed = null;

function say(text) {
  status.textContent = text;
}

function busy(on) {
  button.disabled = on;
  for (const other of others) other.hidden = on;
  wait.hidden = !on;
}

async function sign(signal) {
  if (client?.state.name !== "connected") {
    client?.close();
    client = bridge();
  }
  await connect(client, signal, say);
  const made = await post("api/document", { seen: button.dataset.seen }, signal);
  say(progress("waitingForUser"));
  const { signatures } = await client.signDocuments(
    {
      documents: [{ name: made.name, mediaType: made.mediaType, content: bytes(made.content) }],
      format: "cades",
      packaging: "detached",
      certificate: made.certificate ?? undefined,
    },
    { signal, onProgress: ({ state }) => say(progress(state)) },
  );
  return { transaction: made.transaction, signature: signatures[0].content };
}

async function run() {
  abort = new AbortController();
  const { signal } = abort;
  guidance.hide();
  busy(true);
  say(t("準備しています。", "Preparing."));
  try {
    signed ??= await sign(signal);
    cancel.disabled = true;
    say(t("署名を確認して登録しています。", "Verifying the signature and registering."));
    const { next } = await post("api/complete", signed);
    location.replace(next);
  } catch (error) {
    // Without an answer the same signature is sent again: the portal registers once.
    if (!["serverUnreachable", "serverFailed"].includes(error?.reason)) signed = null;
    cancel.disabled = false;
    busy(false);
    guidance.showError(signal.aborted ? { reason: "userCancelled" } : failure(client, error), { retry: run });
  }
}

button.addEventListener("click", run);
// Before this line a click would have been lost without a word.
button.disabled = false;
cancel.addEventListener("click", () => abort?.abort());
