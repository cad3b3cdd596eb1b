// SPDX-License-Identifier: BSD-2-Clause
// Opens a page in Chromium, light and dark, wide and narrow, and prints as JSON what axe-core finds, whether anything is wider
// than the screen, and what the page tried to fetch. node page_axe.js PAGE.html FOLDER-OF-MODULES FOLDER-OF-PICTURES
const path = require("path");
const [page, modules, pictures] = process.argv.slice(2).map((name) => path.resolve(name));
const puppeteer = require(path.join(modules, "puppeteer-core"));

async function look(browser, scheme, width) {
    const tab = await browser.newPage();
    const fetched = [];
    tab.on("request", (request) => fetched.push(request.url()));
    await tab.setBypassCSP(true); // else the page lets axe-core not in
    await tab.setViewport({width, height: 900});
    await tab.emulateMediaFeatures([{name: "prefers-color-scheme", value: scheme}]);
    await tab.goto("file://" + page);
    const shape = await tab.evaluate(() => ({
        content: document.documentElement.scrollWidth, screen: window.innerWidth, scripts: document.scripts.length,
        background: getComputedStyle(document.body).backgroundColor}));
    await tab.screenshot({path: path.join(pictures, `${scheme}-${width}.png`), fullPage: true});
    await tab.addScriptTag({path: path.join(modules, "axe-core/axe.min.js")});
    const violations = await tab.evaluate(async () => (await axe.run()).violations.map(
        (v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html).join(" | ")}`));
    await tab.close();
    return {scheme, width, ...shape, violations, fetched: fetched.filter((url) => url !== "file://" + page)};
}

(async () => {
    const browser = await puppeteer.launch({executablePath: process.env.CHROMIUM || "/usr/bin/chromium", headless: true,
                                            args: ["--no-sandbox", "--disable-gpu"]});
    const looks = [];
    for (const scheme of ["light", "dark"])
        for (const width of [1280, 360])
            looks.push(await look(browser, scheme, width));
    await browser.close();
    console.log(JSON.stringify(looks));
})().catch((error) => { console.error(error); process.exit(1); });
