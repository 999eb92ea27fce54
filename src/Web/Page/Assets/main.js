import { follow, logOut, Problem, words } from "./api.js";
import { h, put, setText } from "./dom.js";
import { cluster } from "./views/cluster.js";
import { compare } from "./views/compare.js";
import { login } from "./views/login.js";
import { run } from "./views/run.js";
import { runs } from "./views/runs.js";
import { silos } from "./views/silos.js";

const main = document.getElementById("main");
const link = document.getElementById("link");
let close = () => {};

// Addresses of the page, and what shows them. Each view fills an element and returns how it is closed.
const routes = [
    [/^\/$/, "runs", () => runs()],
    [/^\/compare(?:\/([^/]+)(?:\/([^/]+))?)?$/, "compare", (a, b) => compare(a, b)],
    [/^\/silos$/, "silos", () => silos()],
    [
        /^\/runs\/([^/]+)(?:\/heads\/(\d+)(?:\/(\w+))?)?$/,
        "runs",
        (id, head, part) => run(id, Number(head ?? 0), part ?? "curves"),
    ],
    [/^\/runs\/([^/]+)\/heads\/(\d+)\/clusters\/(\d+)$/, "runs", (id, head, k) => cluster(id, Number(head), Number(k))],
];

/** Whether the silo is heard: said at the top, once for all views. */
export const connection = {
    lost: () => setText(link, "No answer from the silo: looking for it."),
    heard: () => setText(link, ""),
};

/** Follows news, and says at the top when there is none. */
export const news = (path, handlers) => follow(path, { ...connection, refused: fail, ...handlers });

// Whoever goes on to another view while this one is still asked for must not find both.
let turns = 0;
let retry = 0;
const RETRY_MS = 2000;

async function show() {
    const turn = ++turns;
    clearTimeout(retry);
    close();
    close = () => {};
    const [name, make] = find(location.hash.replace(/^#/, "") || "/") ?? [];
    for (const at of document.querySelectorAll("[data-nav]"))
        at.dataset.nav === name ? at.setAttribute("aria-current", "page") : at.removeAttribute("aria-current");
    if (!make) {
        put(
            main,
            h("h1", {}, "No such page"),
            h("p", {}, "Nothing is at this address. ", h("a", { href: "#/" }, "All runs"), "."),
        );
        return;
    }
    try {
        await words("runs?name=-"); // whether this browser may look at all: streams and pictures cannot tell
        if (turn !== turns) return;
        connection.heard();
        const view = make();
        put(main, view.element);
        close = view.close ?? (() => {});
        document.title = `${view.title} · CoKe`;
        await view.ready;
    } catch (error) {
        if (turn === turns) fail(error);
    }
}

/** What shows an address, and under which name of the navigation; null: nothing. */
function find(address) {
    try {
        const path = decodeURI(address);
        for (const [pattern, name, make] of routes) {
            const match = pattern.exec(path);
            if (!match) continue;
            const parts = match.slice(1).map((part) => (part === undefined ? undefined : decodeURIComponent(part)));
            return [name, () => make(...parts)];
        }
    } catch (error) {
        if (!(error instanceof URIError)) throw error;
    }
    return null;
}

function fail(error) {
    if (!(error instanceof Problem)) throw error;
    close();
    close = () => {};
    const isAway = error.status === 0 || error.status === 503;
    isAway ? connection.lost() : connection.heard();
    if (error.status === 401) {
        put(main, login(show));
        main.querySelector("input").focus();
        return;
    }
    put(
        main,
        h("h1", {}, "This cannot be shown"),
        h("p", { role: "alert" }, error.message),
        h("p", {}, h("a", { href: "#/" }, "All runs")),
    );
    if (isAway) retry = setTimeout(show, RETRY_MS);
}

window.addEventListener("hashchange", async () => {
    await show();
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
});

const theme = document.getElementById("theme");
theme.value = document.documentElement.dataset.theme ?? "";
theme.addEventListener("change", () => {
    if (theme.value) document.documentElement.dataset.theme = theme.value;
    else delete document.documentElement.dataset.theme;
    try {
        localStorage.setItem("coke-theme", theme.value);
    } catch {
        // It holds until the page is left.
    }
    window.dispatchEvent(new Event("coke-theme"));
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    window.dispatchEvent(new Event("coke-theme")),
);

const leave = document.getElementById("logout");
leave.addEventListener("click", async () => {
    await logOut();
    leave.hidden = true;
    await show();
});
window.addEventListener("coke-login", () => (leave.hidden = false));

show();
