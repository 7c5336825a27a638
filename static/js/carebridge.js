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
  // Blank fields stay out of the address; `new FormData`, which htmx uses too, sends this event.
  document.addEventListener("formdata", ({ target, formData }) => {
    if (target.method !== "get") return;
    const kept = [...formData].filter(([, value]) => value.trim());
    [...formData.keys()].forEach((name) => formData.delete(name));
    kept.forEach(([name, value]) => formData.append(name, value));
  });

  // The list of homes put aside: kept in this browser, told to nobody. Where the browser keeps
  // nothing, the links still work.
  const SAVED = "shortlist";
  const saved = () => {
    try {
      return (localStorage.getItem(SAVED) || "").split(",").filter((id) => /^\d{1,15}$/.test(id));
    } catch {
      return [];
    }
  };
  const save = (ids) => {
    try {
      localStorage.setItem(SAVED, [...new Set(ids)].slice(0, 20).join(","));
    } catch { /* private windows may refuse */ }
    showSaved();
  };
  const toggle = (id) => save(saved().includes(id) ? saved().filter((other) => other !== id) : [...saved(), id]);
  const showSaved = () => {
    const ids = saved();
    document.querySelectorAll("[data-save]").forEach((link) => {
      const on = ids.includes(link.dataset.save);
      link.setAttribute("role", "button");
      link.setAttribute("aria-pressed", String(on));
      link.querySelector("span").textContent = on ? "已收藏" : "收藏";
    });
    document.querySelectorAll("[data-shortlist]").forEach((link) => {
      const path = link.getAttribute("href").split("?")[0];
      const query = ids.map((id) => `id=${id}`).join("&") + link.dataset.shortlist;
      link.href = query ? `${path}?${query.replace(/^&/, "")}` : path;
      link.textContent = ids.length ? `我的收藏（${ids.length}）` : "收藏";
    });
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-save], [data-drop], [data-keep], [data-copy]");
    if (!button) return;
    const { save: one, drop, keep, copy } = button.dataset;
    if (one) {
      event.preventDefault();
      toggle(one);
    }
    if (drop) save(saved().filter((id) => id !== drop));
    if (keep) save([...keep.split(","), ...saved()]);
    if (copy) {
      const field = document.getElementById(copy);
      field.select();
      const told = (words) => (document.getElementById("copied").textContent = words);
      const byHand = () => told("已经选中，请按住网址再选“复制”。");
      if (navigator.clipboard) navigator.clipboard.writeText(field.value).then(() => told("已复制。"), byHand);
      else byHand();
    }
    if (keep) button.lastChild.textContent = "已存到这个浏览器";
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || !event.target.matches?.("[data-save]")) return;
    event.preventDefault();
    toggle(event.target.dataset.save);
  });
  document.addEventListener("htmx:afterSettle", showSaved);
  showSaved();

  // Where the reader is, asked of the browser and only on a press; to a hundred metres, no nearer.
  if (navigator.geolocation && isSecureContext) document.documentElement.dataset.locates = "";
  const locate = (button) => {
    const told = (words) => (document.getElementById("near-status").textContent = words);
    const field = document.getElementById(button.dataset.locate);
    told("正在问浏览器……");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        field.value = `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`;
        told("已经填好，还没有发出去。请按下面的按钮。");
      },
      () => told("浏览器没有给出位置。请自己写地区名，比如“河北省三河市”。"),
      { timeout: 15000, maximumAge: 600000 },
    );
  };

  const closePrefs = (except) =>
    document.querySelectorAll("details.prefs[open]").forEach((details) => {
      if (!details.contains(except)) details.open = false;
    });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    const place = event.target.closest("[data-locate]");
    if (place) locate(place);
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

  // The search box offers places and homes while somebody types: an editable combobox with a list.
  const WAIT = 150;
  const boxes = new WeakMap();

  class Box {
    constructor(input) {
      this.input = input;
      this.list = Object.assign(document.createElement("ul"), { className: "suggestions", id: `${input.id}-suggestions`, hidden: true });
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", "建议");
      this.said = Object.assign(document.createElement("p"), { className: "vh" });
      this.said.setAttribute("role", "status");
      input.after(this.list, this.said);
      // A search field may not be a combobox; a text field may.
      input.type = "text";
      const attributes = { role: "combobox", autocomplete: "off", enterkeyhint: "search", "aria-autocomplete": "list", "aria-controls": this.list.id, "aria-expanded": "false" };
      Object.entries(attributes).forEach(([name, value]) => input.setAttribute(name, value));
      // A press on an option must not take the focus out of the box.
      this.list.addEventListener("mousedown", (event) => event.preventDefault());
      this.list.addEventListener("click", (event) => this.go(event.target.closest("[role=option]")));
      input.addEventListener("keydown", (event) => this.press(event));
      input.addEventListener("blur", () => this.close());
    }
    get options() { return [...this.list.children]; }
    get active() { return this.list.querySelector("[aria-selected=true]"); }
    ask() {
      clearTimeout(this.timer);
      this.asked?.abort();
      const text = this.input.value.trim();
      if (!text) return this.close();
      this.timer = setTimeout(() => this.fetch(text), WAIT);
    }
    async fetch(text) {
      this.asked = new AbortController();
      try {
        const address = `${this.input.dataset.suggest}?${new URLSearchParams({ q: text })}`;
        const answer = await fetch(address, { signal: this.asked.signal });
        if (answer.ok) this.show(await answer.text());
      } catch { /* Broken off by the next letter, or no network: the box is a plain one. */ }
    }
    show(options) {
      if (document.activeElement !== this.input) return;
      this.list.innerHTML = options;
      this.options.forEach((option, number) => { option.id = `${this.list.id}-${number}`; });
      this.open(this.options.length > 0);
      this.said.textContent = this.options.length ? `${this.options.length} 条建议，按上下键选` : "没有建议";
    }
    open(is) {
      this.list.hidden = !is;
      this.input.setAttribute("aria-expanded", String(is));
      this.mark(null);
    }
    close() {
      clearTimeout(this.timer);
      this.asked?.abort();
      this.open(false);
      this.said.textContent = "";
    }
    mark(option) {
      this.options.forEach((other) => other.setAttribute("aria-selected", String(other === option)));
      if (!option) return this.input.removeAttribute("aria-activedescendant");
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }
    go(option) {
      if (option) location.assign(option.dataset.url);
    }
    press(event) {
      if (event.isComposing || this.list.hidden) return;
      const { options, active } = this;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        // Before the first and after the last is the box itself.
        const next = (options.indexOf(active) + 1 + step + options.length + 1) % (options.length + 1);
        this.mark(options[next - 1] ?? null);
      } else if (event.key === "Escape") this.close();
      else if (event.key === "Enter" && active) this.go(active);
      else return;
      event.preventDefault();
    }
  }
  const dress = () =>
    document.querySelectorAll("input[data-suggest]").forEach((input) => {
      if (!boxes.has(input)) boxes.set(input, new Box(input));
    });
  dress();
  document.addEventListener("htmx:afterSettle", dress);
  ["input", "compositionend"].forEach((type) =>
    document.addEventListener(type, (event) => {
      if (!event.isComposing) boxes.get(event.target)?.ask();
    }));
})();
