// Code stays out of the way until it is asked for; evidence is opened for paper, where nothing can be clicked.
(function () {
  "use strict";
  var page = document.documentElement;
  var toggle = document.getElementById("code-toggle");
  var listings = document.querySelectorAll("details.code");

  function showCode(shown) {
    page.classList.toggle("without-code", !shown);
    listings.forEach(function (listing) { listing.open = shown; });
    toggle.setAttribute("aria-expanded", String(shown));
    toggle.textContent = shown ? toggle.dataset.hide : toggle.dataset.show;
  }

  if (toggle) {
    toggle.hidden = false;
    showCode(false);
    toggle.addEventListener("click", function () { showCode(toggle.getAttribute("aria-expanded") !== "true"); });
  }

  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.from(document.querySelectorAll("details.evidence:not([open])"));
    opened.forEach(function (details) { details.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (details) { details.open = false; });
  });
})();
