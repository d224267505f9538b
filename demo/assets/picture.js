// Both rolls as a picture to keep: SVG for print, PNG for everything else.
(function (F) {
  "use strict";

  const CAPTION = 20; // pixels of height, of a roll's name above it
  const SHARP = 2; // pixels of a PNG to one on the page

  const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const rounded = (value) => Math.round(value * 100) / 100;

  // Draws like a canvas' context, as far as rolls do, and keeps SVG.
  class SvgPen {
    constructor() {
      Object.assign(this, { shapes: [], path: "", dash: [], globalAlpha: 1, lineWidth: 1, top: 0 });
      Object.assign(this, { fillStyle: "#000", strokeStyle: "#000", textAlign: "left", textBaseline: "alphabetic" });
    }

    add(name, attributes, inner = "") {
      const list = Object.entries({ ...attributes, opacity: rounded(this.globalAlpha) });
      const text = list.map(([key, value]) => ` ${key}="${escaped(value)}"`).join("");
      this.shapes.push(`<${name}${text}>${inner}</${name}>`);
    }

    box(x, y, width, height) {
      return { x: rounded(x), y: rounded(y + this.top), width: rounded(width), height: rounded(height) };
    }

    get line() {
      const dash = this.dash.length ? { "stroke-dasharray": this.dash.join(" ") } : {};
      return { fill: "none", stroke: this.strokeStyle, "stroke-width": this.lineWidth, ...dash };
    }

    clearRect() {}

    fillRect(...box) {
      this.add("rect", { ...this.box(...box), fill: this.fillStyle });
    }

    strokeRect(...box) {
      this.add("rect", { ...this.box(...box), ...this.line });
    }

    fillText(text, x, y) {
      const anchor = { left: "start", center: "middle", right: "end" }[this.textAlign];
      const baseline = this.textBaseline === "middle" ? "central" : "auto";
      const style = { fill: this.fillStyle, "font-family": "sans-serif", "font-size": 11 };
      const at = { x: rounded(x), y: rounded(y + this.top), "text-anchor": anchor, "dominant-baseline": baseline };
      this.add("text", { ...at, ...style }, escaped(text));
    }

    beginPath() {}

    roundRect(x, y, width, height, radius) {
      this.rounded = { ...this.box(x, y, width, height), rx: rounded(radius) };
    }

    fill() {
      this.add("rect", { ...this.rounded, fill: this.fillStyle });
    }

    stroke() {
      this.add("rect", { ...this.rounded, ...this.line });
    }

    setLineDash(dash) {
      this.dash = dash;
    }
  }

  F.extend(F.Workbench.prototype, {
    listenPictures() {
      const listen = (name, save) =>
        this.find(`[data-do=${name}]`).addEventListener("click", () => this.piece && save());
      listen("svg", () => this.takeAway(this.svg(), "rolls.svg"));
      listen("png", () => this.png().toBlob((blob) => this.takeAway(blob, "rolls.png")));
    },

    // Each roll below its name; begin(top) is told where one comes. The size of all of it.
    drawPicture(pen, begin) {
      const width = this.rolls[0].canvas.clientWidth;
      const style = getComputedStyle(this.rolls[0].canvas);
      const colour = (name) => style.getPropertyValue(`--fn-${name}`).trim();
      const heights = this.rolls.map(({ canvas }) => canvas.clientHeight + CAPTION);
      const height = heights[0] + heights[1];
      begin(0);
      pen.fillStyle = colour("card");
      pen.fillRect(0, 0, width, height);
      let top = 0;
      for (const [i, roll] of this.rolls.entries()) {
        begin(top);
        Object.assign(pen, { fillStyle: colour("ink"), textAlign: "left", textBaseline: "alphabetic" });
        pen.fillText(i ? "Result" : "Original", roll.left, CAPTION - 6);
        begin(top + CAPTION);
        roll.draw({ pen, width, height: roll.canvas.clientHeight, colour });
        top += heights[i];
      }
      return { width, height };
    },

    svg() {
      const pen = new SvgPen();
      const { width, height } = this.drawPicture(pen, (top) => (pen.top = top));
      const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">`;
      return new Blob([head, ...pen.shapes, "</svg>"], { type: "image/svg+xml" });
    },

    png() {
      const canvas = document.createElement("canvas");
      canvas.width = SHARP * this.rolls[0].canvas.clientWidth;
      const height = (sum, roll) => sum + roll.canvas.clientHeight + CAPTION;
      canvas.height = SHARP * this.rolls.reduce(height, 0);
      const pen = canvas.getContext("2d");
      pen.font = "11px system-ui, sans-serif";
      this.drawPicture(pen, (top) => pen.setTransform(SHARP, 0, 0, SHARP, 0, SHARP * top));
      return canvas;
    },
  });
})((window.FaderNets = window.FaderNets || {}));
