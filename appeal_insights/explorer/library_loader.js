// A model without a view: it hands the library to the pictures, once for a page however many kernels bring it.
const NAME = Symbol.for("appeal_insights.charts");

function initialize({ model }) {
  const charts = (globalThis[NAME] ??= Promise.withResolvers());
  if (charts.asked) return;
  charts.asked = true;
  const address = URL.createObjectURL(new Blob([model.get("code")], { type: "text/javascript" }));
  // Not waited for: a model that takes longer than two seconds is given up by who made it.
  import(address).then((library) => charts.resolve(library.default), charts.reject);
}

export default { initialize };
