import { logIn } from "../api.js";
import { h, setText } from "../dom.js";

/** Asks for the token of the cluster. */
export function login(done) {
    const trouble = h("p", { class: "short", role: "alert" });
    const token = h("input", { id: "token", type: "password", autocomplete: "current-password", required: true });
    return h(
        "form",
        {
            class: "login",
            onsubmit: async (event) => {
                event.preventDefault();
                try {
                    await logIn(token.value.trim());
                    window.dispatchEvent(new Event("coke-login"));
                    await done();
                } catch (error) {
                    setText(trouble, error.message);
                    token.select();
                }
            },
        },
        h("h1", {}, "Log in"),
        h("p", {}, "This cluster asks for its token: the one in the file of --token-file or --feed-token-file."),
        h("label", { for: "token" }, "Token"),
        token,
        trouble,
        h("button", { type: "submit" }, "Log in"),
    );
}
