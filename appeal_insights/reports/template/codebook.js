// Find entries by any words of theirs, in either language, and read the page in one language or in both.
(function () {
  "use strict";
  const page = document.documentElement;
  const form = document.getElementById("asked");
  const sought = document.getElementById("sought");
  const nothing = document.getElementById("nothing");
  const told = document.querySelectorAll("#found [data-told]");
  const entries = Array.from(document.querySelectorAll("article"), (article) => ({
    article, kind: article.dataset.kind, text: plain(article.textContent),
  }));
  const sections = document.querySelectorAll("main section");

  function plain(text) {
    return text.normalize("NFKC").toLowerCase().replace(/[_\s]+/g, " ");
  }

  function look() {
    const words = plain(sought.value).split(" ").filter(Boolean);
    const kinds = new Set(new FormData(form).getAll("kind"));
    let found = 0;
    for (const { article, kind, text } of entries) {
      const fits = kinds.has(kind) && words.every((word) => text.includes(word));
      article.classList.toggle("kept-out", !fits);
      found += fits;
    }
    sections.forEach((section) => {
      const left = section.querySelectorAll("article:not(.kept-out)").length;
      section.classList.toggle("kept-out", !left);
      section.querySelector(".count").textContent = String(left);
    });
    nothing.hidden = found > 0;
    page.classList.toggle("searching", words.length > 0);
    told.forEach((one) => {
      one.textContent = one.dataset.told.replace("{found}", String(found)).replace("{all}", String(entries.length));
    });
  }

  function read(language) {
    page.classList.toggle("only-en", language === "en");
    page.classList.toggle("only-zh", language === "zh-CN");
    page.classList.toggle("one-language", language !== "both");
    page.lang = language === "zh-CN" ? "zh-CN" : "en";
  }

  // An address of an entry that the search keeps out shows it all the same.
  function arrive() {
    const name = decodeURIComponent(location.hash.slice(1));
    const entry = name && document.getElementById(name);
    if (!entry || !entry.closest(".kept-out")) return;
    sought.value = "";
    form.querySelectorAll("[name=kind]").forEach((box) => { box.checked = true; });
    look();
    entry.scrollIntoView();
  }

  const first = (navigator.language || "").startsWith("zh") ? "zh-CN" : "en";
  form.hidden = false;
  form.querySelector(`[name=language][value="${first}"]`).checked = true;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", look);
  form.addEventListener("change", (event) => {
    if (event.target.name === "language") read(event.target.value);
    look();
  });
  sought.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { sought.value = ""; look(); }
  });
  window.addEventListener("hashchange", arrive);
  read(first);
  look();
  arrive();
})();
