// Shows the buttons of buttons.py, and tells it what was pressed.

const PATIENCE = 3000; // milliseconds of silence until it is mentioned
const LOST = "Not counted: the kernel does not answer. If it was stopped or started anew, run this cell again.";

// One region speaks for all buttons of a page: a region that comes with its words in it is not always heard.
function say(words) {
  const found = document.getElementById("workbook-said");
  const region = found ?? make(document.body, "p", { id: "workbook-said", role: "status" });
  clearTimeout(region.timer);
  region.timer = setTimeout(() => (region.textContent = words), 300);
}

function make(parent, tag, attributes = {}) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent.append(element);
  return element;
}

function render({ model, el }) {
  const { group, look } = model.get("spec");
  const named = group && { role: "group", "aria-label": group };
  const root = make(el, "div", { class: `workbook-buttons ${look}`, ...named });
  const trouble = make(el, "p", { class: "workbook-trouble", role: "status" });
  const buttons = []; // which stay when their words change: a focus that is on one is not lost
  const open = new Map(); // by ticket, what tells that no answer has come

  function press(i) {
    const { name, off } = model.get("spec").options[i];
    if (off) return;
    if (el.closest(".jupyter-widgets-disconnected")) return void (trouble.textContent = LOST);
    const ticket = `${Math.random()}`;
    try {
      model.send({ press: name, ticket });
    } catch {
      return void (trouble.textContent = LOST);
    }
    open.set(ticket, setTimeout(() => (trouble.textContent = LOST), PATIENCE));
  }

  function refresh() {
    const { options, toggles } = model.get("spec");
    while (buttons.length > options.length) buttons.pop().remove();
    options.forEach(({ label, note, off, chosen }, i) => {
      if (!buttons[i]) {
        buttons[i] = make(root, "button", { type: "button" });
        for (const part of ["label", "note"]) make(buttons[i], "span", { class: part });
        buttons[i].addEventListener("click", () => press(i));
      }
      const [words, more] = buttons[i].children;
      words.textContent = label;
      more.textContent = note && ` ${note}`;
      buttons[i].setAttribute("aria-disabled", off);
      if (toggles) buttons[i].setAttribute("aria-pressed", chosen);
    });
  }

  function receive(message) {
    if ("focus" in message) return buttons[message.focus]?.focus();
    if (!open.has(message.heard)) return;
    clearTimeout(open.get(message.heard));
    open.delete(message.heard);
    if (!open.size) trouble.textContent = "";
  }

  // Letters belong to the button in hand: "b" would insert a cell. To save and to run a cell are the notebook's.
  // JupyterLab hears a key after us, Notebook before us: it has to find the attribute on the very element.
  const own = ({ ctrlKey, metaKey, shiftKey, key }) => !ctrlKey && !metaKey && !(shiftKey && key === "Enter");
  const keys = (event) =>
    root.contains(event.target) && event.target.toggleAttribute("data-lm-suppress-shortcuts", own(event));
  window.addEventListener("keydown", keys, true);
  root.addEventListener("keydown", (event) => own(event) && event.stopPropagation());
  model.on("change:spec", refresh);
  model.on("msg:custom", receive);
  refresh();
  return () => {
    window.removeEventListener("keydown", keys, true);
    model.off("change:spec", refresh);
    model.off("msg:custom", receive);
    for (const timer of open.values()) clearTimeout(timer);
  };
}

// The front end calls this once for each widget, however often it is drawn.
function initialize({ model }) {
  let heard = 0;
  const listen = () => {
    const [count, words] = model.get("spec").said;
    if (count > heard) say(words);
    heard = count;
  };
  model.on("change:spec", listen);
  listen();
}

export default () => ({ initialize, render });
