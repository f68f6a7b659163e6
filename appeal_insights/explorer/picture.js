// One chart that is drawn anew when its specification or its room changes, and that tells which mark was clicked.
const NAME = Symbol.for("appeal_insights.charts");
const MANY = ["concat", "hconcat", "vconcat", "facet", "repeat"]; // charts of several, which have no one width
const NARROWER = 8; // pixels across that are worth another drawing

function plain(datum) {
  const kept = Object.entries(datum ?? {}).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  return Object.fromEntries(kept);
}

function fitting(spec) {
  return MANY.some((name) => name in spec) ? spec : { ...spec, width: "container" };
}

async function render({ model, el }) {
  const charts = (globalThis[NAME] ??= Promise.withResolvers());
  const box = el.appendChild(document.createElement("div"));
  box.className = "appeal-insights-picture";
  box.setAttribute("role", "img");
  box.lang = model.get("language");
  let drawn = null; // what is on the screen
  let wide = 0; // pixels across that it was drawn for
  let newest = 0; // of several changes in a row only the last is shown

  async function redraw() {
    const turn = ++newest;
    const [spec, alt] = [model.get("spec"), model.get("alt")];
    if (!Object.keys(spec).length) return clear();
    wide = el.clientWidth;
    if (!wide) return; // in a tab that is not open: drawn when it is
    const room = document.createElement("div");
    room.className = "appeal-insights-drawing";
    room.inert = true;
    box.append(room);
    try {
      const draw = await charts.promise;
      const made = await draw(room, fitting(spec), model.get("locale"));
      if (turn !== newest) return made.finalize(), room.remove();
      made.view.addEventListener("click", (_, item) => tell(item));
      clear();
      drawn = { ...made, room };
      room.inert = false;
      box.setAttribute("aria-label", alt);
      box.dataset.drawn = "yes";
    } catch (error) {
      room.remove();
      if (turn !== newest) return;
      clear();
      box.dataset.drawn = "no";
      box.textContent = model.get("failed");
      console.error(error);
    }
  }

  function clear() {
    drawn?.finalize();
    drawn?.room.remove();
    drawn = null;
    delete box.dataset.drawn;
    box.removeAttribute("aria-label");
    for (const node of [...box.childNodes]) if (node.nodeType === Node.TEXT_NODE) node.remove();
  }

  function tell(item) {
    const fields = plain(item?.datum);
    if (Object.keys(fields).length) model.send({ clicked: fields });
  }

  model.on("change:spec", redraw);
  const watch = new ResizeObserver(() => {
    if (Math.abs(el.clientWidth - wide) >= NARROWER) redraw();
  });
  watch.observe(el);
  await redraw();
  return () => {
    newest += 1;
    watch.disconnect();
    model.off("change:spec", redraw);
    clear();
  };
}

export default { render };
