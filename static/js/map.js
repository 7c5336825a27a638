/* The map of results: numbered pins for the homes of the page, circles for all that were found. */
(() => {
  "use strict";
  const WAIT = 200;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const made = (name, className, ...inside) => {
    const element = Object.assign(document.createElement(name), { className });
    element.append(...inside);
    return element;
  };
  const said = (words) => made("span", "vh", words);

  class Atlas {
    constructor(box) {
      this.box = box;
      this.status = document.getElementById("map-status");
      this.here = document.getElementById("map-here");
      this.template = document.getElementById("map-pin");
      const { view, least, most } = box.dataset;
      this.most = Number(most);
      this.map = L.map(box, {
        attributionControl: false, zoomControl: false, scrollWheelZoom: false,
        minZoom: Number(least), maxZoom: this.most, maxBounds: [[-10, 60], [66, 150]],
        zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still, inertia: !still,
      });
      L.control.zoom({ zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(this.map);
      this.tiles();
      this.names = L.layerGroup().addTo(this.map);
      this.circles = L.layerGroup().addTo(this.map);
      const [west, south, east, north] = view.split(",").map(Number);
      // Room for a pin above the northernmost spot, and a circle below the southernmost.
      const room = parseFloat(getComputedStyle(box).getPropertyValue("--tap"));
      // Circles of large text need cells twice as wide, or they would cover each other.
      this.wider = room > 50 ? 1 : 0;
      this.map.fitBounds([[south, west], [north, east]], { paddingTopLeft: [room / 2, room * 1.3], paddingBottomRight: [room / 2, room], maxZoom: 13, animate: false });
      this.pins = new Map();
      document.querySelectorAll("#pinned > [data-at]").forEach((row) => this.pin(row));
      this.map.on("moveend", () => this.later());
      this.ask();
    }
    tiles() {
      const layers = Object.keys(this.box.dataset).filter((name) => name.startsWith("tiles"));
      // The host of the tiles is told which site asks, and nothing of the address.
      layers.sort().forEach((name) => L.tileLayer(this.box.dataset[name], { maxZoom: this.most, referrerPolicy: "origin" }).addTo(this.map));
    }
    press(marker, act) {
      marker.on("click", act).on("keydown", ({ originalEvent: event }) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        act();
      });
      return marker;
    }
    mark(place, className, html, options) {
      return L.marker(place, { icon: L.divIcon({ className, html, iconSize: null }), ...options });
    }
    pin(row) {
      const [longitude, latitude] = row.dataset.at.split(",").map(Number);
      const number = row.querySelector(".pin-number").textContent;
      const link = row.querySelector("h3 a");
      const demo = "demo" in row.dataset ? "，示例" : "";
      const face = made("span", "", this.template.content.cloneNode(true), made("b", "", number), said(`号：${link.textContent}${demo}，到名单里看`));
      const title = demo ? "示例，编出来演示的" : "";
      const pin = this.mark([latitude, longitude], `map-pin${demo ? " map-demo" : ""}`, face, { title, riseOnHover: true, zIndexOffset: 1000 });
      this.press(pin, () => this.choose(row, link)).addTo(this.map);
      this.pins.set(number, { pin, row });
    }
    choose(row, focus) {
      this.pins.forEach(({ pin, row: other }) => {
        other.classList.toggle("is-chosen", other === row);
        pin.getElement().classList.toggle("is-chosen", other === row);
      });
      focus.focus();
    }
    show(number) {
      const { pin, row } = this.pins.get(number);
      this.map.setView(pin.getLatLng(), Math.max(this.map.getZoom(), 11), { animate: !still });
      this.box.scrollIntoView({ block: "nearest" });
      this.choose(row, pin.getElement());
    }
    later() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), WAIT);
    }
    async ask() {
      this.asked?.abort();
      this.asked = new AbortController();
      const bounds = this.map.getBounds();
      const within = (most, angle) => Math.max(-most, Math.min(most, angle)).toFixed(5);
      const box = [within(180, bounds.getWest()), within(85, bounds.getSouth()), within(180, bounds.getEast()), within(85, bounds.getNorth())];
      const address = new URL(this.box.dataset.clusters, location.href);
      address.searchParams.set("box", box.join(","));
      const zoom = this.map.getZoom();
      // Nearest, where homes are named, there is nothing wider.
      address.searchParams.set("zoom", zoom === this.most ? zoom : Math.max(this.map.getMinZoom(), zoom - this.wider));
      try {
        const answer = await fetch(address, { signal: this.asked.signal });
        if (!answer.ok) throw new Error(answer.status);
        this.draw(await answer.json());
      } catch (error) {
        if (error.name !== "AbortError") this.status.textContent = "这一带有几家没有取到，请看名单和下面的表。";
      }
    }
    draw({ clusters, names }) {
      this.names.clearLayers();
      names.forEach(({ name, longitude, latitude }) => {
        const text = made("span", "", name);
        text.setAttribute("aria-hidden", "true");
        this.mark([latitude, longitude], "map-name", text, { interactive: false, keyboard: false, zIndexOffset: -1000 }).addTo(this.names);
      });
      this.circles.clearLayers();
      // A home of the page has its pin.
      const others = clusters.filter(({ count, homes }) => count > 1 || !document.getElementById(`home-${homes[0].id}`));
      others.forEach((cluster) => {
        const { longitude, latitude, count, demo, place, homes } = cluster;
        const told = homes.length ? "，看名字" : "，放大看";
        const isDemo = demo === count;
        const madeUp = demo ? [said("，"), made("small", "", isDemo ? "示例" : `示例${demo}家`)] : [];
        const face = made("span", "", made("b", "", `${count}家`), ...madeUp, said(`，${place}一带${told}`));
        const circle = this.mark([latitude, longitude], `map-circle${isDemo ? " map-demo" : ""}`, face);
        const act = () => (homes.length ? this.list(cluster) : this.nearer(circle.getLatLng()));
        this.press(circle, act).addTo(this.circles);
      });
      const count = clusters.reduce((sum, cluster) => sum + cluster.count, 0);
      this.status.textContent = count ? `这一带约有 ${count} 家` : "这一带没有找到的机构，可以缩小再看";
    }
    nearer(place) {
      this.map.setView(place, Math.min(this.most, this.map.getZoom() + 2), { animate: !still });
      this.box.focus({ preventScroll: true });
    }
    list({ count, place, homes }) {
      const items = homes.map(({ id, name, is_demo }) => {
        const link = made("a", "", name);
        link.href = this.box.dataset.home.replace("/0/", `/${id}/`);
        return made("li", "", link, is_demo ? "（示例）" : "");
      });
      const more = count > homes.length ? `，写出前 ${homes.length} 家` : "";
      this.here.replaceChildren(made("p", "", `${place}，这里有 ${count} 家${more}：`), made("ul", "listed", ...items));
      this.here.hidden = false;
      this.here.focus();
    }
  }

  let atlas;
  const start = () => {
    const box = document.querySelector(".map");
    if (atlas?.box === box) return;
    atlas?.map.remove();
    atlas = box ? new Atlas(box) : undefined;
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-pin]");
    if (button) atlas?.show(button.dataset.pin);
  });
  document.addEventListener("htmx:afterSettle", start);
  start();
})();
