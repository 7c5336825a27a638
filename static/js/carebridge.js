/* What pages gain where scripts run. Everything works without it. */
(() => {
  "use strict";
  // The stylesheet shows print buttons and hides "apply" buttons by this.
  document.documentElement.dataset.js = "";

  const closePrefs = (except) =>
    document.querySelectorAll("details.prefs[open]").forEach((details) => {
      if (!details.contains(except)) details.open = false;
    });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    closePrefs(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.prefs[open]");
    if (!open) return;
    // A reader inside the box would lose their place with it.
    if (open.contains(document.activeElement)) open.querySelector("summary").focus();
    closePrefs(null);
  });
})();
