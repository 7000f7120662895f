// S6: 登録 fetches the document, the daemon's window shows it and signs, the portal verifies.
import { PROGRESS, bridge, bytes, connect, failure, post } from "./portal.js";
import * as guidance from "./guidance.js";

const status = document.getElementById("status");
const register = document.getElementById("register");
const back = document.getElementById("back");
const cancel = document.getElementById("cancel");
const wait = document.getElementById("wait");
let client = null;
let abort = null;
let signed = null;

function say(text) {
  status.textContent = text;
}

function busy(on) {
  register.disabled = on;
  back.hidden = on;
  wait.hidden = !on;
}

async function sign(signal) {
  if (client?.state.name !== "connected") {
    client?.close();
    client = bridge();
  }
  await connect(client, signal, say);
  const made = await post("api/document", {}, signal);
  say(PROGRESS.waitingForUser);
  const { signatures } = await client.signDocuments(
    {
      documents: [{ name: made.name, mediaType: made.mediaType, content: bytes(made.content) }],
      format: "cades",
      packaging: "detached",
    },
    { signal, onProgress: ({ state }) => say(PROGRESS[state] ?? "処理しています。") },
  );
  return { transaction: made.transaction, signature: signatures[0].content };
}

async function run() {
  abort = new AbortController();
  const { signal } = abort;
  guidance.hide();
  busy(true);
  say("準備しています。");
  try {
    signed ??= await sign(signal);
    cancel.disabled = true;
    say("署名を確認して登録しています。");
    const { next } = await post("api/complete", signed);
    location.replace(next);
  } catch (error) {
    // Without an answer the same signature is sent again: the portal registers once.
    if (error?.reason !== "serverUnreachable") signed = null;
    cancel.disabled = false;
    busy(false);
    guidance.showError(signal.aborted ? { reason: "userCancelled" } : failure(client, error), { retry: run });
  }
}

register.addEventListener("click", run);
// Before this line a click would have been lost without a word.
register.disabled = false;
cancel.addEventListener("click", () => abort?.abort());
