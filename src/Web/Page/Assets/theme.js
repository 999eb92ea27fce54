// Runs before anything is drawn, so that a page that is dark does not flash.
(() => {
    try {
        const theme = localStorage.getItem("coke-theme");
        if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    } catch {
        // A browser that keeps nothing follows the system.
    }
})();
