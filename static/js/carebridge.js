/* What pages gain where scripts run. Everything works without it. */
(() => {
  "use strict";
  // The stylesheet shows print buttons and hides "apply" buttons by this.
  document.documentElement.dataset.js = "";

  // A tick in the filter column searches at once; in the sheet of phones the button does.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form.filters");
    if (form && event.target.type === "checkbox" && !form.matches(":popover-open")) form.requestSubmit();
  });
  // Blank fields stay out of the address.
  document.addEventListener("htmx:configRequest", (event) => {
    const blank = [...event.detail.formData.keys()].filter((name) => event.detail.formData.get(name) === "");
    blank.forEach((name) => event.detail.formData.delete(name));
  });

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
