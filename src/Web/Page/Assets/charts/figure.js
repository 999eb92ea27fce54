import { h, put, setText } from "../dom.js";

/**
 * A figure with a title, a sentence that says in words what is drawn, and ways to take it along.
 * @param title What is drawn.
 * @param note How to read it.
 * @param save { svg(): string, png(): Promise<Blob>, csv(): string }
 */
export function figure(title, note, save) {
    const summary = h("span", { class: "summary" });
    const plot = h("div", { class: "plot", role: "img", "aria-label": title });
    const ways = Object.entries({ PNG: save.png, SVG: save.svg, CSV: save.csv }).map(([name, make]) =>
        h(
            "button",
            {
                type: "button",
                title: `Save '${title}' as ${name}`,
                "aria-label": `Save ${title} as ${name}`,
                onclick: async () => download(await make(), title, name.toLowerCase()),
            },
            name,
        ),
    );
    const element = h(
        "figure",
        {},
        h("figcaption", {}, h("strong", {}, title), h("span", { class: "note" }, note), summary),
        plot,
        h("div", { class: "save" }, ways),
    );
    return {
        element,
        plot,
        /** Says what is drawn, for who does not see it and for who wants the number. */
        say(text) {
            setText(summary, text);
            plot.setAttribute("aria-label", `${title}. ${text}`);
        },
        /** Shows a sentence instead of a drawing. */
        empty(text) {
            put(plot, h("p", { class: "quiet" }, text));
            setText(summary, "");
        },
    };
}

const TYPES = { png: "image/png", svg: "image/svg+xml", csv: "text/csv" };

function download(content, title, kind) {
    const blob = content instanceof Blob ? content : new Blob([content], { type: TYPES[kind] });
    const address = URL.createObjectURL(blob);
    h("a", { href: address, download: `${title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.${kind}` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
}

/** Comma-separated values: names, then rows. */
export function csv(names, rows) {
    const cell = (value) => (value === null || value === undefined ? "" : `${value}`);
    const name = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    return [names.map(name).join(","), ...rows.map((row) => row.map(cell).join(","))].join("\n") + "\n";
}

/** A picture of a drawing that stands by itself. */
export async function pngOf(svgText, width, height) {
    const scale = 2;
    const image = new Image();
    const address = URL.createObjectURL(new Blob([svgText], { type: TYPES.svg }));
    try {
        image.src = address;
        await image.decode();
        const canvas = h("canvas", { width: width * scale, height: height * scale });
        canvas.getContext("2d").drawImage(image, 0, 0, width * scale, height * scale);
        return await new Promise((done) => canvas.toBlob(done, TYPES.png));
    } finally {
        URL.revokeObjectURL(address);
    }
}
