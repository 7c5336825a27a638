/* 朗读: reads the main text aloud where the browser has a Chinese voice. Nothing starts by itself. */
(() => {
  "use strict";
  const button = document.querySelector("[data-speak]");
  const speech = window.speechSynthesis;
  if (!button || !speech || !window.SpeechSynthesisUtterance) return;

  const LONGEST = 120; // characters; some browsers fall silent in the midst of a long text
  const BLOCKS = "h1, h2, h3, h4, p, li, dt, dd, th, td, caption, figcaption, legend, summary, label, div, section";
  const SILENT = "[aria-hidden=true], script, style, svg, button, select, textarea, .fix, .vh, .crumbs, .toc, .pager";
  let waiting = [];

  const voice = () => speech.getVoices().find((one) => /^(zh|cmn)/i.test(one.lang));
  const showButton = () => { button.hidden = !voice(); };

  // What stands on the page, block by block and in its order; a cell says its column.
  const blocks = () => {
    const main = document.getElementById("main");
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    const found = [];
    let last = null;
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      const text = walker.currentNode.data.replace(/\s+/g, " ");
      if (!text.trim() || parent.closest(SILENT) || !parent.checkVisibility()) continue;
      const block = parent.closest(BLOCKS) || main;
      if (block === last) found.push(found.pop() + text);
      else found.push(block.dataset.l ? `${block.dataset.l}：${text}` : text);
      last = block;
    }
    return found;
  };
  const pieces = (text) =>
    text.split(/(?<=[。！？；])/).flatMap((part) => part.match(new RegExp(`.{1,${LONGEST}}`, "gs")) || []);

  const stop = () => {
    waiting = [];
    speech.cancel();
    button.textContent = "朗读";
  };
  const next = () => {
    const text = waiting.shift();
    if (text === undefined) return stop();
    const said = new SpeechSynthesisUtterance(text);
    said.lang = "zh-CN";
    said.voice = voice() || null;
    said.rate = 0.9;
    said.onend = () => button.textContent !== "朗读" && next();
    said.onerror = stop;
    speech.speak(said);
  };

  button.addEventListener("click", () => {
    if (button.textContent !== "朗读") return stop();
    waiting = blocks().flatMap(pieces);
    button.textContent = "停止朗读";
    next();
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && stop());
  window.addEventListener("pagehide", stop);
  speech.addEventListener?.("voiceschanged", showButton);
  showButton();
})();
