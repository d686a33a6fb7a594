// A question with options: choose one, commit, then read what to compare it with. Native
// controls, for keyboard and reader.

const KEY = 0x5a; // the same in predictions/sealing.py
let groups = 0;

// Texts that a look at the page's source does not tell.
function opened(letters) {
  if (!letters) return [];
  const bytes = Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0) ^ KEY);
  return JSON.parse(new TextDecoder().decode(bytes));
}

const make = (tag, parent, text) => {
  const el = document.createElement(tag);
  if (text) el.textContent = text;
  parent.append(el);
  return el;
};

function offerAgain(model, after, radios, show) {
  const once = make("button", after, "Try again");
  once.type = "button";
  once.onclick = () => {
    model.set("chosen", -1);
    model.save_changes();
    show();
    radios[0].focus();
  };
}

function render({ model, el }) {
  const box = make("fieldset", el);
  box.className = "course-predict";
  // Arrows choose an option here; the notebook, which looks at the focused element alone, would
  // go to the next cell.
  box.addEventListener("focusin", ({ target }) => {
    target.dataset.lmSuppressShortcuts = "true";
  });
  const legend = make("legend", box);
  make("b", legend, "Predict. ");
  legend.append(model.get("question"));
  const name = `course-predict-${++groups}`;
  const radios = model.get("options").map((option, i) => {
    const label = make("label", box);
    const radio = make("input", label);
    Object.assign(radio, { type: "radio", name, value: i });
    label.append(option);
    radio.onchange = () => { commit.disabled = false; };
    radio.onkeydown = (event) => { if (event.key === "Enter" && !commit.disabled) commit.click(); };
    return radio;
  });
  const commit = make("button", box, "Commit");
  commit.type = "button";
  commit.disabled = true;
  commit.title = "Fix your answer, then see what to compare it with";
  const after = make("div", box);
  after.setAttribute("role", "status");
  after.tabIndex = -1;

  function show() {
    const chosen = model.get("chosen");
    if (chosen < 0) { // not yet, or once more
      for (const radio of radios) Object.assign(radio, { checked: false, disabled: false });
      commit.disabled = true;
      after.replaceChildren();
      return;
    }
    radios[chosen].checked = true;
    for (const control of [...radios, commit]) control.disabled = true;
    after.replaceChildren("You said: ");
    make("b", after, model.get("options")[chosen]);
    const told = [opened(model.get("sealed"))[chosen], model.get("reveal")];
    const reply = told.filter(Boolean).join(" ");
    after.append(`. ${reply} `);
    if (model.get("again")) offerAgain(model, after, radios, show);
  }

  commit.onclick = () => {
    model.set("chosen", radios.findIndex((radio) => radio.checked));
    model.save_changes();
    show();
    after.focus(); // the button is disabled now and would leave the focus nowhere
  };
  model.on("change:chosen change:reveal", show);
  show();
  return () => model.off("change:chosen change:reveal", show);
}

export default { render };
