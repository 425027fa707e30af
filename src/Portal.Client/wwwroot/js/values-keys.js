// Completion and hover over the keys of a chart, in a YAML editor. The place in the text is told by indentation, as people write values: what stands in braces is left alone.
window.portal.valuesKeys = {
  ofModel: new WeakMap(),

  // "a.b\\.c" is b.c below a.
  split: (path) => path.match(/(?:\\.|[^.\\])+/g)?.map((part) => part.replaceAll("\\.", ".")) ?? [],

  tree(keys) {
    const root = { children: new Map() };
    for (const key of keys) {
      let node = root;
      for (const part of this.split(key.path)) {
        if (!node.children.has(part)) node.children.set(part, { children: new Map() });
        node = node.children.get(part);
      }
      node.key = key;
    }
    return root;
  },

  find: (root, path) => path.reduce((node, part) => node?.children.get(part), root),

  keyOf(line) {
    const match = /^(\s*)(?:"([^"]+)"|'([^']+)'|([^\s#:'"{[-][^:#]*?))\s*:(?:\s|$)/.exec(line);
    return match && { indent: match[1].length, name: match[2] ?? match[3] ?? match[4], value: match[0].length };
  },

  // The tables that a line with this indent lies in, outermost first.
  parents(model, lineNumber, indent) {
    const path = [];
    for (let line = lineNumber - 1, below = indent; line > 0 && below > 0; line--) {
      const key = this.keyOf(model.getLineContent(line));
      if (key && key.indent < below) {
        path.unshift(key.name);
        below = key.indent;
      }
    }
    return path;
  },

  // Plain text for people: what the chart says is shown as it is, never as Markdown.
  describe(path, key) {
    const escape = (text) => text.replace(/[\\`*_{}[\]()#+\-.!|<>~]/g, "\\$&");
    const facts = [
      key.type && `Type: ${escape(key.type)}${key.required ? ", required" : ""}`,
      key.default !== null && key.default !== undefined && key.default !== "" && `Default: ${escape(key.default)}`,
      key.allowed.length > 0 && `One of: ${escape(key.allowed.join(", "))}`,
    ].filter(Boolean);
    return [`**${escape(path)}**`, key.description && escape(key.description), ...facts].filter(Boolean).map((value) => ({ value }));
  },

  children(node, indent, range, used) {
    return [...node.children].filter(([name]) => !used.has(name)).map(([name, child]) => {
      const key = child.key ?? { type: "object", default: null, description: "", allowed: [] };
      const quoted = /^[\w./-]+$/.test(name) ? name : JSON.stringify(name);
      const table = child.children.size > 0;
      return {
        label: name, range, kind: table ? monaco.languages.CompletionItemKind.Module : monaco.languages.CompletionItemKind.Property,
        detail: table ? "table" : key.default ?? key.type, documentation: { value: this.describe(name, key).map((p) => p.value).join("\n\n") },
        insertText: table ? `${quoted}:\n${" ".repeat(indent + 2)}` : `${quoted}: `, command: { id: "editor.action.triggerSuggest", title: "values" },
      };
    });
  },

  values(key, range) {
    const texts = key.allowed.length > 0 ? key.allowed : key.type === "boolean" ? ["true", "false"] : key.default && !key.secret ? [key.default] : [];
    return texts.map((text) => ({
      label: text, range, kind: monaco.languages.CompletionItemKind.Value, insertText: text, detail: text === key.default ? "default" : undefined,
    }));
  },

  complete(model, position) {
    const root = this.ofModel.get(model);
    const before = model.getLineContent(position.lineNumber).slice(0, position.column - 1);
    if (!root || /[#{[]/.test(before)) return [];
    const range = (start) => new monaco.Range(position.lineNumber, start, position.lineNumber, position.column);
    const own = this.keyOf(before);
    if (own) {
      const node = this.find(root, [...this.parents(model, position.lineNumber, own.indent), own.name]);
      return node?.key && node.children.size === 0 ? this.values(node.key, range(own.value + 1)) : [];
    }
    if (!/^\s*[\w./-]*$/.test(before)) return [];
    const indent = before.length - before.trimStart().length;
    const path = this.parents(model, position.lineNumber, indent);
    const node = this.find(root, path);
    return node ? this.children(node, indent, range(indent + 1), this.siblings(model, position.lineNumber, indent)) : [];
  },

  // The keys that the same table has already.
  siblings(model, lineNumber, indent) {
    const found = new Set();
    for (const step of [-1, 1]) {
      for (let line = lineNumber + step; line > 0 && line <= model.getLineCount(); line += step) {
        const key = this.keyOf(model.getLineContent(line));
        if (key && key.indent < indent) break;
        if (key && key.indent === indent) found.add(key.name);
      }
    }
    return found;
  },

  hover(model, position) {
    const root = this.ofModel.get(model);
    const own = this.keyOf(model.getLineContent(position.lineNumber));
    if (!root || !own) return null;
    const path = [...this.parents(model, position.lineNumber, own.indent), own.name];
    const node = this.find(root, path);
    return node?.key ? { contents: this.describe(path.join("."), node.key), range: new monaco.Range(position.lineNumber, own.indent + 1, position.lineNumber, own.value) } : null;
  },

  register() {
    monaco.languages.registerCompletionItemProvider("yaml", { triggerCharacters: [" ", "\n"], provideCompletionItems: (model, position) => ({ suggestions: this.complete(model, position) }) });
    monaco.languages.registerHoverProvider("yaml", { provideHover: (model, position) => this.hover(model, position) });
  },
};
