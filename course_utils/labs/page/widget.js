// What anywidget starts: a lab's figures behind a widget's model.

import { kernelHost } from "./hosts.js";
import { mount } from "./stage.js";

function render({ model, el }) {
  return mount(el, kernelHost(model));
}

export default { render };
