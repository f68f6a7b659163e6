// What Voila calls when everything is there: the sentence that asks for patience goes, the content comes.
(function () {
  "use strict";
  window.voila_heartbeat = window.voila_process = () => {};
  window.voila_finish = function () {
    if (!window.themeLoaded) {
      window.cellLoaded = true;
      return;
    }
    document.getElementById("loading")?.remove();
    document.getElementById("rendered_cells").hidden = false;
  };

  // The computation behind the page ends with its server. Whoever still looks at it is told, and not left to wonder.
  const PAUSE = 30000;
  async function look() {
    const { kernelId, baseUrl } = JSON.parse(document.getElementById("jupyter-config-data").textContent);
    const found = await fetch(`${baseUrl}api/kernels/${kernelId}`).catch(() => ({ ok: false }));
    document.getElementById("lost").hidden = found.ok;
    setTimeout(look, PAUSE);
  }

  document.addEventListener("DOMContentLoaded", () => {
    window.voila_finish();
    setTimeout(look, PAUSE);
  });
})();
