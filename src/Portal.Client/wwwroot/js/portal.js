// What the browser alone can do: Monaco on first use, scrolling, keys, remembering the theme.
window.portal = {
  editors: new Map(),
  loading: null,

  loadMonaco() {
    const base = new URL("_content/BlazorMonaco/lib/monaco-editor/min/vs", document.baseURI).href;
    this.loading ??= new Promise((resolve, reject) => {
      const element = document.createElement("script");
      element.src = base + "/loader.js";
      element.onload = () => {
        window.require.config({ paths: { vs: base } });
        // The load event comes before the modules ran; only this callback means ready.
        window.require(["vs/editor/editor.main"], () => {
          // The comments of "vs-dark" are too dark to read well.
          monaco.editor.defineTheme("portal-dark", { base: "vs-dark", inherit: true, rules: [{ token: "comment", foreground: "8BB878" }], colors: {} });
          this.valuesKeys.register();
          resolve();
        }, reject);
      };
      element.onerror = () => reject(new Error("The editor cannot be loaded."));
      document.head.appendChild(element);
    });
    return this.loading;
  },

  options(dark, readOnly, label) {
    return {
      language: "yaml", theme: dark ? "portal-dark" : "vs", readOnly, ariaLabel: label, automaticLayout: true, minimap: { enabled: false }, scrollBeyondLastLine: false,
      fontSize: 13, tabSize: 2, renderWhitespace: "selection", fixedOverflowWidgets: true, accessibilitySupport: "on",
    };
  },

  async createEditor(id, value, dark, readOnly, label, callback, keys) {
    await this.loadMonaco();
    const element = document.getElementById(id);
    if (!element) return;
    element.querySelector(".editor-loading")?.remove();
    const editor = monaco.editor.create(element, { value: element.portalValue ?? value, ...this.options(dark, readOnly, label) });
    editor.onDidChangeModelContent(() => callback?.invokeMethodAsync("OnTextChanged", editor.getValue()));
    this.editors.set(id, editor);
    this.setKeys(id, element.portalKeys ?? keys);
    if (element.portalLine) this.reveal(id, element.portalLine);
  },

  async createDiff(id, original, modified, dark, label) {
    await this.loadMonaco();
    const element = document.getElementById(id);
    if (!element) return;
    element.querySelector(".editor-loading")?.remove();
    const editor = monaco.editor.createDiffEditor(element, { ...this.options(dark, true, label), renderSideBySide: element.clientWidth > 700, originalEditable: false });
    editor.setModel({ original: monaco.editor.createModel(original, "yaml"), modified: monaco.editor.createModel(modified, "yaml") });
    this.editors.set(id, editor);
  },

  setValue(id, value) {
    const editor = this.editors.get(id);
    if (editor) editor.setValue?.(value);
    else document.getElementById(id).portalValue = value; // still loading
  },

  // What completion and hover know of the text: the keys of the chart that reads it.
  setKeys(id, keys) {
    const model = this.editors.get(id)?.getModel?.();
    if (model) this.valuesKeys.ofModel.set(model, this.valuesKeys.tree(keys ?? []));
    else document.getElementById(id).portalKeys = keys; // still loading
  },

  setMarkers(id, markers) {
    const model = this.editors.get(id)?.getModel?.();
    if (!model) return;
    monaco.editor.setModelMarkers(model, "portal", markers.map((m) => ({
      severity: m.level === "Error" ? 8 : 4, message: m.message, startLineNumber: m.line, endLineNumber: m.line, startColumn: 1, endColumn: model.getLineMaxColumn(Math.min(m.line, model.getLineCount())),
    })));
  },

  reveal(id, line) {
    const editor = this.editors.get(id);
    if (!editor) document.getElementById(id).portalLine = line; // still loading
    editor?.revealLineInCenter?.(line);
    editor?.setPosition?.({ lineNumber: line, column: 1 });
    editor?.focus?.();
  },

  disposeEditor(id) {
    this.editors.get(id)?.dispose();
    this.editors.delete(id);
  },

  // A log stays at its end until somebody scrolls up. Decided here: a question to .NET comes too late when lines arrive meanwhile.
  followLog(element, callback) {
    let on = true, last = 0;
    const atEnd = () => element.scrollHeight - element.scrollTop - element.clientHeight < 24;
    const set = (value) => {
      if (on === value) return;
      on = value;
      callback.invokeMethodAsync("OnFollow", on);
    };
    element.addEventListener("scroll", () => {
      if (atEnd()) { if (element.scrollTop > last) set(true); } else if (element.scrollTop < last) set(false);
      last = element.scrollTop;
    }, { passive: true });
    const toEnd = () => { if (on) element.scrollTop = element.scrollHeight; };
    new MutationObserver(toEnd).observe(element, { childList: true, subtree: true, attributes: true, attributeFilter: ["style"] });
    element.addEventListener("click", (event) => { if (event.target.matches(".log-line .n")) window.portal.markLine(element, event.target.parentElement); });
    element.portalFollow = (value) => { set(value); toEnd(); };
    toEnd();
  },
  setFollow: (element, on) => element.portalFollow(on),
  showLine(element, line) {
    element.portalFollow(false);
    this.markLine(element, document.getElementById("L" + line))?.scrollIntoView({ block: "center" });
  },
  markLine(element, row) {
    element.querySelector(".log-line.target")?.classList.remove("target");
    row?.classList.add("target");
    return row;
  },

  keys(callback) {
    let last = "";
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        callback.invokeMethodAsync("OnKey", "palette");
        return;
      }
      // A button that becomes disabled while it works drops the focus out of its dialog, and the key would reach nobody.
      if (event.key === "Escape" && event.target === document.body) {
        document.querySelector(".mud-dialog")?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", code: "Escape", bubbles: true }));
      }
      const typing = event.target.closest("input, textarea, select, [contenteditable], .monaco-editor");
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      const key = last === "g" ? "g" + event.key : event.key;
      last = event.key === "g" ? "g" : "";
      if (["gr", "ga", "go", "gc", "?"].includes(key)) callback.invokeMethodAsync("OnKey", key);
      if (key === "/") {
        const filter = document.querySelector("[data-filter] input, input[data-filter]");
        if (filter) { event.preventDefault(); filter.focus(); }
      }
    });
  },

  getTheme: () => localStorage.getItem("portal-theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"),
  setTheme: (theme) => localStorage.setItem("portal-theme", theme),
  copy: (text) => navigator.clipboard?.writeText(text),
  download(name, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  },
};
