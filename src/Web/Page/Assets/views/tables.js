import { h } from "../dom.js";

/** A table that scrolls by itself where the window is narrow, and can be reached by the keyboard. */
export function table(name, columns, rows) {
    return h(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": name },
        h(
            "table",
            {},
            h("caption", {}, name),
            h(
                "thead",
                {},
                h(
                    "tr",
                    {},
                    columns.map((column) => h("th", { scope: "col" }, column)),
                ),
            ),
            h("tbody", {}, rows),
        ),
    );
}

/** A row whose first cell names it. */
export const row = (first, ...cells) =>
    h(
        "tr",
        {},
        h("th", { scope: "row" }, first),
        cells.map((cell) => h("td", {}, cell)),
    );
