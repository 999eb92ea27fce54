// Elements are made from text, never from markup: whatever a run is named stays text.

const SVG = "http://www.w3.org/2000/svg";

/** An element: h("a", { href: "#/", class: "x", onclick: f }, "text", child, ...). */
export function h(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
}

/** The same for drawings. */
export function s(tag, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false) continue;
        if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
        else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(
        ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
    );
    return element;
}

/** Puts children in the place of those that are there. */
export function put(element, ...children) {
    element.replaceChildren(
        ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
    );
    return element;
}

/** Sets an element's text if it is another one, so that what is selected or read aloud stays. */
export function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
}

const probe = document.createElement("span");

/** A color of the style sheet as the present theme has it, for what knows no variables: canvases, and drawings that stand alone. */
export function color(name) {
    if (!probe.isConnected) {
        probe.hidden = true;
        document.body.append(probe);
    }
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
}
