// S10, the new card: what is in the readers is told live; after a swap it goes on by itself.
import { bridge, connect, failure } from "./portal.js";
import * as guidance from "./guidance.js";
import { t } from "./language.js";
import { readerItem } from "./readers.js";
import { identify } from "./token.js";

const swap = document.getElementById("swap");
const advice = document.getElementById("swap-status");
const list = document.getElementById("readers");
const button = document.getElementById("new-card");
const status = document.getElementById("status");
const wait = document.getElementById("wait");
const cancel = document.getElementById("cancel");
const client = bridge();
let abort = null;
/** Readers that held a card when this page was opened, or when the last attempt failed. */
let held = null;
let takenOut = false;
/** Whether a card that has stayed inserted is the old one. */
let isOld = true;

const ADVICE = {
  remove: t("古いICカードが入ったままです。抜いて、新しいICカードを差し込んでください。", "The old card is still inserted. Take it out and insert the new one."),
  insert: t("新しいICカードを差し込んでください。", "Insert the new card."),
  both: t("ICカードが2枚入っています。ボタンを押し、次の画面で新しいICカードを選んでください。", "Two cards are inserted. Press the button and choose the new one in the next window."),
  again: t("新しいICカードが入っていることを確かめて、ボタンを押してください。", "Check that the new card is inserted, and press the button."),
  mute: t("ICカードが応答しません。向きと裏表を確かめて、差し込み直してください。", "The card does not answer. Check which way it is inserted."),
  ready: t("ICカードが差し替えられました。", "The cards have been changed."),
  unknown: t("ICカードリーダの状態は、このパソコンでは表示できません。差し替えたら、ボタンを押してください。", "The readers cannot be shown on this computer. Press the button when you have changed the cards."),
};

function follow(readers) {
  list.dataset.count = String(readers.length);
  list.replaceChildren(...readers.map(readerItem));
  const full = readers.filter(({ state }) => state !== "empty");
  held ??= new Set(full.map(({ name }) => name));
  takenOut ||= [...held].some((name) => !full.some((reader) => reader.name === name));
  const state = standing(full);
  if (swap.dataset.state !== state) advice.textContent = ADVICE[state];
  swap.dataset.state = state;
  if (state === "ready" && !abort) run();
}

/** Which advice fits the readers that hold a card. */
function standing(full) {
  if (full.length === 0) return "insert";
  if (full.every(({ state }) => state === "mute" || state === "unsupported")) return "mute";
  if (takenOut) return "ready";
  if (full.length > 1) return "both";
  return isOld ? "remove" : "again";
}

async function run() {
  abort = new AbortController();
  const { signal } = abort;
  guidance.hide();
  working(true);
  try {
    location.replace(await identify(client, "renewNew", signal, (text) => (status.textContent = text)));
  } catch (error) {
    const shown = signal.aborted ? { reason: "userCancelled" } : failure(client, error);
    isOld = shown.reason === "sameCard";
    working(false);
    guidance.showError(shown, { retry: run });
    [held, takenOut, abort] = [null, false, null];
    await watch();
  }
}

function working(on) {
  wait.hidden = !on;
  swap.hidden = on;
}

async function watch() {
  try {
    follow(await client.watchReaders());
  } catch (error) {
    if (error?.reason !== "readerServiceUnavailable") return;
    swap.dataset.state = "unknown";
    advice.textContent = ADVICE.unknown;
  }
}

async function open() {
  try {
    await connect(client, undefined, (text) => (advice.textContent = text));
  } catch (error) {
    return guidance.showError(failure(client, error), { retry: open });
  }
  button.disabled = false;
  await watch();
}

client.addEventListener("readerschange", ({ detail }) => follow(detail.readers));
button.addEventListener("click", run);
cancel.addEventListener("click", () => abort?.abort());
open();
