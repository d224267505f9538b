// Keys that mean something wherever the focus is not in something that takes them itself; "?" shows
// them.
(function (F) {
  "use strict";

  const TYPING = "textarea, select, [contenteditable], input:not([type=range], [type=radio], [type=checkbox])";
  const PRESSED = "button, a, summary, [type=checkbox], [type=radio]"; // by the space bar

  F.extend(F.Workbench.prototype, {
    listenKeys() {
      const help = this.find("[data-show=keys]");
      document.addEventListener("keydown", (event) => this.key(event, help));
      this.find("[data-do=keys]").addEventListener("click", () => help.showModal());
      help.addEventListener("click", (event) => event.target === help && help.close()); // beside it
    },

    key(event, help) {
      if (event.altKey || event.defaultPrevented || help.open) return;
      const at = event.target;
      if (at.closest(TYPING)) return;
      const letter = event.key.toLowerCase();
      if (event.ctrlKey || event.metaKey) {
        if (letter !== "z" && letter !== "y") return;
        if (letter === "y" || event.shiftKey) this.redo();
        else this.undo();
        event.preventDefault();
      } else if (event.code === "Space" && !at.closest(PRESSED)) {
        if (!event.repeat) this.player.toggle();
        event.preventDefault();
      } else if (letter === "x" && !event.repeat) {
        this.player.listen(this.player.side === "result" ? "original" : "result");
      } else if (letter === "c" && !event.repeat) {
        this.flip();
      } else if (event.key === "?") {
        help.showModal();
        event.preventDefault();
      }
    },
  });
})((window.FaderNets = window.FaderNets || {}));
