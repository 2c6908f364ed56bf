// Paints what record.py recorded, and asks live.py for more. It knows no figure by name.

const LIVE = 3; // questions about the state in hand under way at once: more would be a backlog
const SLICE = 24; // states in one message of a sweep, of which Python answers as many as its time allows
const REACH = 300; // stops of a control, the nearest ones, that are computed ahead
const KEPT = 3000; // pictures
const REST = 600; // milliseconds without a change until what changed is said
const PATIENCE = 3000; // milliseconds of silence until it is mentioned
const TENTHS = 10; // Python measures in tenths of a pixel

// ---- Painting

// "#rrggbbaa" as a colour, with its alpha set. Exactly black is the theme's ink, exactly white its paper. Words in any
// other colour are drawn towards the ink, but for those that stand on a bar.
function colour(pen, hex, theme, words = false) {
  pen.globalAlpha = parseInt(hex.slice(7), 16) / 255;
  const plain = hex.slice(0, 7);
  const mixed = words && plain !== "#fefefe" ? `color-mix(in srgb, ${plain} 70%, ${theme.ink})` : plain;
  return { "#000000": theme.ink, "#ffffff": theme.paper }[plain] ?? mixed;
}

// A hatch as a fill. Tiles are kept with the theme: they are dear to make and come again in every picture.
function hatching(pen, hatch, theme) {
  const [outline, side, hex, width] = hatch;
  const key = hatch.join();
  if (!theme.tiles.has(key)) {
    const size = Math.max(1, Math.round(side * pen.getTransform().a));
    const tile = Object.assign(document.createElement("canvas"), { width: size, height: size });
    const brush = tile.getContext("2d");
    brush.scale(size / side, size / side);
    brush.fillStyle = brush.strokeStyle = colour(brush, hex, theme);
    brush.lineWidth = width;
    brush.fill(new Path2D(outline));
    brush.stroke(new Path2D(outline));
    const pattern = brush.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(side / size));
    theme.tiles.set(key, pattern);
  }
  pen.globalAlpha = 1; // the tile has its own
  return theme.tiles.get(key);
}

function paintImage(pen, [pixels, columns, rows], matrix) {
  const picture = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
  const bytes = Uint8ClampedArray.from(atob(pixels), (character) => character.charCodeAt(0));
  picture.getContext("2d").putImageData(new ImageData(bytes, columns, rows), 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.transform(...matrix);
  pen.drawImage(picture, 0, 0);
}

function paint(pen, shapes, theme) {
  for (const shape of shapes) {
    const path = new Path2D(shape.d);
    pen.save();
    for (const outline of shape.clip ?? []) pen.clip(new Path2D(outline));
    if (shape.at) pen.translate(...shape.at);
    if (shape.image) paintImage(pen, shape.image, shape.matrix);
    const fill = (fillStyle) => Object.assign(pen, { fillStyle }).fill(path);
    if (shape.fill) fill(colour(pen, shape.fill, theme, "at" in shape));
    if (shape.hatch) fill(hatching(pen, shape.hatch, theme));
    if (shape.stroke) {
      Object.assign(pen, { strokeStyle: colour(pen, shape.stroke, theme), ...shape.line });
      pen.setLineDash(shape.dash ?? []);
      pen.stroke(path);
    }
    pen.restore();
  }
}

// ---- One figure, shared by all its views. A state is a list: which stop each control is at.

class Figure {
  constructor(model) {
    this.model = model;
    this.views = new Set(); // functions that bring a view up to date
    this.client = Math.random().toString(36).slice(2); // another browser on this kernel hears our answers, too
    this.trouble = "";
    this.load();
    model.on("msg:custom", (reply) => this.receive(reply));
    model.on("change:spec", () => {
      this.load();
      this.proceed();
    });
  }

  // Takes over a layout. Pictures of another one, and answers on their way, no longer fit. Controls that nobody has
  // moved go along with their start.
  load() {
    const unmoved = this.at?.join() === this.home?.join();
    this.spec = this.model.get("spec");
    this.pictures = new Map(); // by state, the oldest first
    this.questions = new Map(); // by ticket: {states, live, since}
    this.home = this.spec.controls.map((control) => control.start);
    if (unmoved) this.at = this.home;
    this.keep(this.home, this.spec.first);
    this.shown = { shapes: [], ...this.pictures.get(this.home.join()) };
  }

  // Asks for the layout that suits a page of this many pixels.
  fit(pixels) {
    const { turn, narrow } = this.spec;
    const wanted = pixels < turn;
    if (!pixels || wanted === narrow || wanted === this.wanted) return;
    this.wanted = wanted;
    try {
      this.model.send({ narrow: wanted });
    } catch {} // without a kernel the figure shrinks
  }

  get picture() {
    return this.pictures.get(this.at.join()); // undefined as long as Python has not answered
  }

  keep(at, { shapes, twin }) {
    this.pictures.delete(at.join());
    this.pictures.set(at.join(), shapes ? { shapes, twin } : { twin }); // without shapes the last good ones stay
    if (this.pictures.size > KEPT) this.pictures.delete(this.pictures.keys().next().value);
  }

  refresh(trouble = this.trouble) {
    this.trouble = trouble;
    for (const view of this.views) view();
  }

  move(at, control) {
    this.at = at;
    this.stopped = false;
    for (const question of this.questions.values()) question.lost ||= Date.now() - question.since > PATIENCE;
    this.hold(control);
  }

  hold(control) {
    this.held = control;
    this.proceed();
  }

  // Shows the state if its picture is there, and asks for what is wanted most.
  proceed() {
    const open = [...this.questions.values()].filter((question) => !question.lost);
    const live = open.filter((question) => question.live);
    const asked = live.some(({ states }) => states[0].join() === this.at.join());
    if (this.picture) Object.assign(this.shown, this.picture);
    else if (!asked && live.length < LIVE) this.ask([this.at], true);
    if (this.spec.swept && this.held !== undefined && open.length === live.length) this.ask(this.ahead(), false);
    this.refresh();
  }

  // States that the control in hand can bring about and whose picture is not there, nearest first.
  ahead() {
    const { stops, places } = this.spec.controls[this.held];
    const here = this.at[this.held];
    const gaps = stops.map((_, stop) => (places ? gap(places[stop], places[here]) : Math.abs(stop - here)));
    const nearest = [...stops.keys()].sort((a, b) => gaps[a] - gaps[b]).slice(0, REACH);
    const states = nearest.map((stop) => this.at.with(this.held, stop));
    return states.filter((at) => !this.pictures.has(at.join())).slice(0, SLICE);
  }

  ask(states, live) {
    if (this.stopped || !states.length) return;
    const ticket = `${this.client} ${(this.count = (this.count ?? 0) + 1)}`;
    const values = (at) => Object.assign({}, ...this.spec.controls.map(({ stops }, i) => stops[at[i]]));
    try {
      this.model.send({ ticket, states: states.map(values) });
    } catch {
      this.stopped = true;
      return this.refresh("The kernel has stopped or was started anew. Run this cell again.");
    }
    this.questions.set(ticket, { states, live, since: Date.now() });
    setTimeout(() => this.questions.has(ticket) && this.refresh("The kernel does not answer: it is busy."), PATIENCE);
  }

  receive({ ticket, pictures }) {
    const question = this.questions.get(ticket);
    if (!question) return;
    this.questions.delete(ticket);
    this.trouble = "";
    this.stopped ||= !pictures.length; // the reader interrupted the kernel: no more until a control is moved
    pictures.forEach((picture, i) => this.keep(question.states[i], picture));
    if (question.live && pictures.length) Object.assign(this.shown, this.pictures.get(question.states[0].join()));
    this.proceed();
  }
}

// How far a point is from another, or from a box around it.
const gap = ([x, y], [u, v], [width, height] = [0, 0]) =>
  Math.hypot(Math.max(Math.abs(x - u) - width / 2, 0), Math.max(Math.abs(y - v) - height / 2, 0));

// ---- One view

function make(parent, tag, className, attributes = {}) {
  const element = Object.assign(document.createElement(tag), { className });
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent.append(element);
  return element;
}

// Names have no order to slide along: they stand in a list.
function addList(figure, panel, index) {
  const { name, label, texts } = figure.spec.controls[index];
  const row = make(panel, "label", "live-control");
  make(row, "span", "live-label").textContent = label;
  const list = make(row, "select", "live-list", { "aria-label": label, "data-name": name });
  for (const text of texts) make(list, "option", "").textContent = text;
  list.addEventListener("input", () => figure.move(figure.at.with(index, list.selectedIndex), index));
  for (const sign of ["pointerenter", "focus"]) list.addEventListener(sign, () => figure.hold(index));
  return () => void (list.selectedIndex = figure.at[index]);
}

function addSlider(figure, panel, index) {
  const { name, label, stops, texts } = figure.spec.controls[index];
  const row = make(panel, "label", "live-control");
  make(row, "span", "live-label").textContent = label;
  const value = make(row, "output", "live-value");
  const range = { type: "range", min: 0, max: stops.length - 1, step: 1, "aria-label": label, "data-name": name };
  const slider = make(row, "input", "live-slider", { ...range });
  slider.addEventListener("input", () => figure.move(figure.at.with(index, Number(slider.value)), index));
  for (const sign of ["pointerenter", "pointerdown", "focus"]) slider.addEventListener(sign, () => figure.hold(index));
  return () => {
    slider.value = figure.at[index];
    value.textContent = texts[figure.at[index]];
    slider.setAttribute("aria-valuetext", value.textContent);
  };
}

// A handle is a focus ring around a point, or around a cell, that the figure itself draws.
function addHandle(figure, picture, index) {
  const { name, label, stops, places, box } = figure.spec.controls[index];
  const alone = figure.spec.controls.filter((control) => control.places).length === 1;
  const range = { role: "slider", "aria-valuemin": 0, "aria-valuemax": stops.length - 1 };
  const attributes = { tabindex: 0, ...range, "aria-label": label, "data-name": name };
  const handle = make(picture, "div", "live-handle", attributes);
  const share = ([x, y]) => [(x / figure.spec.width / TENTHS) * 100, (y / figure.spec.height / TENTHS) * 100];
  handle.classList.toggle("live-cell", box[0] > 0);
  if (box[0]) [handle.style.width, handle.style.height] = share(box).map((part) => `${part}%`);
  const go = (cost, limit = Infinity) => {
    const costs = places.map(cost);
    const least = Math.min(...costs);
    if (least < limit) figure.move(figure.at.with(index, costs.indexOf(least)), index);
    return least < limit;
  };
  const follow = (event, limit) => {
    const { left, top, width } = picture.getBoundingClientRect();
    const scale = (figure.spec.width * TENTHS) / width;
    return go((place) => gap(place, [(event.clientX - left) * scale, (event.clientY - top) * scale], box), limit);
  };
  const near = (event) => alone && follow(event, 40 * TENTHS); // a finger may want to scroll: of it only a tap counts
  picture.addEventListener("click", (event) => event.pointerType === "touch" && near(event));
  picture.addEventListener("pointerdown", (event) => {
    if (event.target !== handle && (event.pointerType === "touch" || !near(event))) return;
    event.preventDefault(); // no text is selected on the way
    handle.focus();
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointermove", (event) => handle.hasPointerCapture(event.pointerId) && follow(event));
  for (const sign of ["pointerenter", "focus"]) handle.addEventListener(sign, () => figure.hold(index));
  handle.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const end = { Home: 0, End: stops.length - 1 }[event.key];
    if (!way && end === undefined) return;
    event.preventDefault();
    if (!way) return figure.move(figure.at.with(index, end), index);
    const [x, y] = places[figure.at[index]];
    go((place) => {
      const along = (place[0] - x) * way[0] + (place[1] - y) * way[1];
      const aside = Math.abs((place[0] - x) * way[1] - (place[1] - y) * way[0]);
      return along > 0 ? along + 3 * aside : Infinity;
    });
  });
  return () => {
    [handle.style.left, handle.style.top] = share(places[figure.at[index]]).map((part) => `${part}%`);
    handle.setAttribute("aria-valuenow", figure.at[index]);
    handle.setAttribute("aria-valuetext", Object.entries(stops[figure.at[index]]).flat().join(" "));
  };
}

// Says what changed once the finger rests: a screen reader need not hear each step of the way.
function announcer(root) {
  const region = make(root, "p", "live-said", { role: "status" });
  let said, timer;
  return (twin) => {
    said ??= twin;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const before = said.split("; ");
      if (twin !== said) region.textContent = twin.split("; ").filter((part) => !before.includes(part)).join("; ");
      said = twin;
    }, REST);
  };
}

function render(figure, el) {
  let spec, close;
  const watcher = new ResizeObserver(() => figure.fit(el.clientWidth));
  watcher.observe(el);
  const view = () => {
    if (spec === figure.spec) return;
    spec = figure.spec;
    close?.();
    close = show(figure, el);
  };
  figure.views.add(view);
  view();
  return () => {
    figure.views.delete(view);
    watcher.disconnect();
    close();
  };
}

function show(figure, el) {
  const { name, title, width, height, still, controls } = figure.spec;
  const root = make(el, "div", "live-figure", { "data-figure": name, style: `max-width: ${width}px` });
  const picture = make(root, "div", "live-picture");
  const canvas = make(picture, "canvas", "live-canvas", { role: "img", style: `aspect-ratio: ${width} / ${height}` });
  const panel = make(root, "div", "live-controls");
  const updates = controls.map((control, i) => {
    if (control.places) return addHandle(figure, picture, i);
    return (control.named ? addList : addSlider)(figure, panel, i);
  });
  const foot = make(root, "div", "live-foot");
  const twin = make(foot, "p", "live-twin");
  const announce = announcer(root);
  const reset = make(foot, "button", "live-reset", { type: "button" });
  reset.textContent = "Reset";
  reset.addEventListener("click", () => figure.move(figure.home, figure.held));
  const trouble = make(root, "p", "live-trouble", { role: "status" });
  // Keys belong to the control in hand: an arrow would move the notebook's cursor, "b" insert a cell. To save and to
  // run a cell are the notebook's.
  // JupyterLab hears a key after us, Notebook before us: it has to find the attribute on the very element.
  const own = ({ ctrlKey, metaKey, shiftKey, key }) => !ctrlKey && !metaKey && !(shiftKey && key === "Enter");
  const keys = (event) =>
    root.contains(event.target) && event.target.toggleAttribute("data-lm-suppress-shortcuts", own(event));
  window.addEventListener("keydown", keys, true);
  root.addEventListener("keydown", (event) => own(event) && event.stopPropagation());

  const back = document.createElement("canvas"); // the still layer, painted when size or theme change
  let look, theme, due;
  const draw = () => {
    due = undefined;
    for (const update of updates) update();
    if (twin.textContent !== figure.shown.twin) announce((twin.textContent = figure.shown.twin));
    if (trouble.textContent !== figure.trouble) trouble.textContent = figure.trouble;
    canvas.setAttribute("aria-label", `${title}. ${figure.shown.twin}`);
    root.setAttribute("aria-busy", !figure.picture);
    const { color: ink, backgroundColor: paper } = getComputedStyle(canvas);
    const pixels = Math.round(canvas.clientWidth * devicePixelRatio);
    const scale = pixels / width / TENTHS;
    const pen = canvas.getContext("2d");
    if (!pixels) return; // not on the page, or folded away
    if (look !== (look = [pixels, ink, paper].join())) {
      const size = { width: pixels, height: Math.round((pixels * height) / width) };
      for (const layer of [canvas, back]) Object.assign(layer, size).getContext("2d").scale(scale, scale);
      theme = { ink, paper, tiles: new Map() };
      paint(back.getContext("2d"), still, theme);
    }
    pen.save();
    pen.resetTransform();
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(back, 0, 0);
    pen.restore();
    paint(pen, figure.shown.shapes, theme);
  };
  const view = () => (due ??= requestAnimationFrame(draw));

  const watchers = [new ResizeObserver(view), new MutationObserver(view)];
  watchers[0].observe(picture);
  for (const part of [document.documentElement, document.body]) watchers[1].observe(part, { attributes: true });
  const looks = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((look) => [matchMedia(look), "change"]);
  const signs = [...looks, [window, "resize"]]; // which zooming is, too
  for (const [place, sign] of signs) place.addEventListener(sign, view);
  figure.views.add(view);
  view();
  return () => {
    window.removeEventListener("keydown", keys, true);
    figure.views.delete(view);
    for (const [place, sign] of signs) place.removeEventListener(sign, view);
    for (const watcher of watchers) watcher.disconnect();
    if (due) cancelAnimationFrame(due);
    root.remove();
  };
}

// The front end calls this once for each figure, so that its views share what they know.
export default () => {
  let figure;
  return { initialize: ({ model }) => void (figure = new Figure(model)), render: ({ el }) => render(figure, el) };
};
