// The control's page. The token comes in the address's fragment, which no server ever sees.
const KEY = "cardbridge-virtual-card-token";
const message = document.getElementById("message");
const tokenForm = document.getElementById("token-form");
let token = location.hash.slice(1) || sessionStorage.getItem(KEY) || "";
if (location.hash) {
  sessionStorage.setItem(KEY, token);
  history.replaceState(null, "", location.pathname);
}

async function send(order) {
  const response = await fetch("/control", {
    method: "POST",
    headers: { "Authorization": `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify(order),
  });
  tokenForm.hidden = response.status !== 401;
  if (response.status === 401) throw new Error("合言葉が違います。仮想ICカードを始め直すと変わります。");
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

async function perform(order, quietly = false) {
  try {
    show(await send(order));
    if (!quietly) message.textContent = "";
  } catch (error) {
    message.textContent = error instanceof TypeError ? "仮想ICカードは動いていません。" : error.message;
  }
}

function orderOf(button, section, reader) {
  const order = { command: button.dataset.command, reader };
  if (button.dataset.value) order.value = Number(section.querySelector(button.dataset.value).value);
  if (order.command === "fail-with") order.statusWord = section.querySelector(".word").value;
  if (["insert", "swap"].includes(order.command)) order.card = section.querySelector(".card").value || null;
  return order;
}

function sectionFor(reader) {
  const id = `reader-${reader}`;
  const found = document.getElementById(id);
  if (found) return found;
  const section = document.getElementById("reader").content.firstElementChild.cloneNode(true);
  section.id = id;
  section.addEventListener("click", (event) => {
    if (event.target.dataset.command) perform(orderOf(event.target, section, reader));
  });
  document.getElementById("readers").append(section);
  return section;
}

function facts(status) {
  const { card } = status;
  const rows = card ? [
    ["PINの残り回数", `${card.pinTriesLeft} / ${card.pinTries}`],
    ["PUKの残り回数", String(card.pukTriesLeft)],
    ["PIN照合", card.pinVerified ? "済み" : "まだ"],
    ["証明書", card.expired ? "有効期限切れ" : "作ったときのまま"],
  ] : [];
  const faults = [
    status.slowMs && `署名に${status.slowMs}ミリ秒かける`,
    status.ejectDuringSignature && "次の署名の途中で抜く",
    status.wrongSignatures && `誤った署名 あと${status.wrongSignatures}回`,
    status.failures && `断る あと${status.failures}回`,
  ].filter(Boolean);
  return [...rows, ["署名した回数", String(status.signatures)], ["故障", faults.join("、") || "なし"]];
}

function show(status) {
  status.readers.forEach((reader, index) => {
    const section = sectionFor(index + 1);
    section.querySelector("h2").textContent = `リーダ${index + 1} (ポート${reader.port})`;
    section.querySelector(".state").textContent = !reader.card ? "カードなし"
      : `カード: ${reader.card.name}${reader.connected ? "" : " (pcscdを待っています)"}`;
    section.querySelector("dl").replaceChildren(...facts(reader).flatMap(([name, value]) => {
      const [term, detail] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = name;
      detail.textContent = value;
      return [term, detail];
    }));
    const select = section.querySelector(".card");
    const names = status.cards.filter((card) => !card.inserted).map((card) => card.name);
    if (names.join("\n") !== select.dataset.names) {
      select.dataset.names = names.join("\n");
      select.replaceChildren(...names.map((name) => new Option(name)));
    }
  });
}

tokenForm.addEventListener("submit", (event) => {
  event.preventDefault();
  token = document.getElementById("token").value.trim();
  sessionStorage.setItem(KEY, token);
  perform({ command: "status" });
});
tokenForm.hidden = token !== "";
if (token) perform({ command: "status" });
setInterval(() => { if (token && !document.hidden && tokenForm.hidden) perform({ command: "status" }, true); }, 2000);
