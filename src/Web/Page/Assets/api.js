// Questions to the silo that this page came from. What it refuses is a problem document, and is shown in its own words.

/** What the silo refused, or that it did not answer. */
export class Problem extends Error {
    constructor(status, sentence, kind) {
        super(sentence);
        this.status = status;
        this.kind = kind;
    }
}

async function ask(path, options = {}) {
    let answer;
    try {
        answer = await fetch(path, { credentials: "same-origin", ...options });
    } catch (error) {
        if (error.name === "AbortError") throw error;
        throw new Problem(0, "The silo does not answer. The page looks for it until it is back.", "unreachable");
    }
    if (answer.ok) return answer;
    let problem = null;
    try {
        problem = await answer.json();
    } catch {
        // Whatever stood between has no words for it.
    }
    throw new Problem(answer.status, problem?.detail ?? `The answer was ${answer.status}.`, problem?.type ?? "");
}

/** Words of an address below /v1. */
export const words = async (path, signal) => (await ask(`/v1/${path}`, { signal })).json();

/** Numbers of an address below /v1: an array of float32. */
export const numbers = async (path, signal) =>
    new Float32Array(await (await ask(`/v1/${path}`, { signal })).arrayBuffer());

const post = (path, body) =>
    ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** Shows a token; the silo leaves a cookie that no script can read. */
export const logIn = (token) => post("/login", { token });

/** Takes the cookie back. */
export const logOut = () => post("/logout", {});

const RETRY_MS = 1000;
const SILENCE_MS = 25000;

/**
 * Follows news until it is closed. It comes back after whatever happens to the silo: a browser gives up on a stream by itself where the
 * answer was refused, and waits for ever on one whose other end is gone.
 */
export function follow(path, handlers) {
    let source = null;
    let timer = 0;
    let isClosed = false;
    const again = () => {
        source?.close();
        clearTimeout(timer);
        if (!isClosed) timer = setTimeout(open, RETRY_MS);
    };
    // A silo whose machine is gone says nothing at all.
    const silent = () => {
        handlers.lost?.();
        again();
    };
    const heard = () => {
        clearTimeout(timer);
        timer = setTimeout(silent, SILENCE_MS);
    };
    // A browser does not tell why a stream ended: whether this one may look at all any more, or the run is gone, has to be asked.
    const failed = async () => {
        source?.close();
        try {
            await words(path.replace(/events$/, path === "events" ? "runs?name=-" : "").replace(/\/$/, ""));
            again();
        } catch (error) {
            if (isClosed) return;
            if (error.status === 401 || error.status === 410) {
                close();
                handlers.refused?.(error);
                return;
            }
            handlers.lost?.();
            again();
        }
    };
    const open = () => {
        source = new EventSource(`/v1/${path}`);
        source.onerror = failed;
        for (const kind of ["runs", "run", "trouble", "gone"])
            source.addEventListener(kind, (event) => {
                heard();
                handlers.heard?.();
                handlers[kind]?.(JSON.parse(event.data));
                if (kind === "gone") close();
            });
        heard();
    };
    const close = () => {
        isClosed = true;
        clearTimeout(timer);
        source?.close();
    };
    open();
    return close;
}
