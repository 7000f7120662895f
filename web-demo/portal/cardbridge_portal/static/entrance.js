// S1: date and time appear when page, daemon and server are ready; readers are shown live.
import { bridge, connect, failure } from "./portal.js";
import * as guidance from "./guidance.js";
import { language, t } from "./language.js";
import { readerItem } from "./readers.js";

const clock = document.getElementById("clock");
const status = document.getElementById("status");
const list = document.getElementById("readers");
const buttons = [...document.querySelectorAll("button[data-next]")];
const format = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "ja-JP", { dateStyle: "long", timeStyle: "medium", timeZone: "Asia/Tokyo" });
const SYNC_MS = 60_000;

let offset = null;
let client = null;
let connected = false;

function say(text) {
  status.textContent = text;
}

function tick() {
  const ready = connected && offset !== null;
  clock.dataset.ready = String(ready);
  clock.textContent = ready ? format.format(new Date(Date.now() + offset)) : "----";
  for (const button of buttons) button.disabled = !ready;
}

async function synchronise() {
  try {
    const asked = Date.now();
    const response = await fetch("/api/time", { cache: "no-store" });
    if (!response.ok) throw new Error("time");
    offset = (await response.json()).now - (asked + Date.now()) / 2;
  } catch {
    offset = null;
  }
  tick();
}

function note(text) {
  const item = document.createElement("li");
  item.className = "none";
  item.textContent = text;
  list.replaceChildren(item);
}

function showReaders(readers) {
  list.dataset.count = String(readers.length);
  if (readers.length === 0) {
    note(t("ICカードリーダは見つかっていません。PIN番号の入力までに、つないでICカードを差し込んでください。", "No card reader was found. Connect one and insert the card before the PIN is asked for."));
    return;
  }
  list.replaceChildren(...readers.map(readerItem));
}

async function watch() {
  try {
    const found = await client.watchReaders();
    const readers = found?.readers ?? found;
    if (Array.isArray(readers)) showReaders(readers);
  } catch (error) {
    if (error?.reason !== "readerServiceUnavailable") return;
    note(t("ICカードリーダの状態は、このパソコンでは表示できません（ICカードのサービスが動いていません）。", "The readers cannot be shown on this computer (its smart card service is not running)."));
  }
}

async function open() {
  say(t("ICカードブリッジに接続しています。", "Connecting to IC Card Bridge."));
  const old = client;
  const mine = (client = bridge());
  old?.close();
  mine.addEventListener("readerschange", ({ detail }) => showReaders(detail?.readers ?? detail ?? []));
  await synchronise();
  if (offset === null) return fail({ reason: "serverUnreachable" });
  try {
    await connect(mine, undefined, say);
  } catch (error) {
    return fail(error);
  }
  guidance.hide();
  connected = true;
  mine.addEventListener("statechange", () => mine === client && follow());
  say(t("準備ができました。ボタンを押して進んでください。", "Ready. Press a button to go on."));
  tick();
  await watch();
}

function follow() {
  connected = client.state.name === "connected";
  tick();
  if (connected) {
    guidance.hide();
    say(t("準備ができました。ボタンを押して進んでください。", "Ready. Press a button to go on."));
    watch();
  } else if (client.state.name === "failed") {
    fail(failure(client, null));
  }
}

function fail(error) {
  connected = false;
  note(t("準備ができると表示します。", "They are shown when everything is ready."));
  tick();
  say(t("準備ができていません。", "Not ready."));
  guidance.showError(error, { retry: open });
}

for (const button of buttons) button.addEventListener("click", () => location.assign(button.dataset.next));
setInterval(tick, 1000);
setInterval(synchronise, SYNC_MS);
open();
