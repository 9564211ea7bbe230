// Opens a report in headless Chromium: three widths, light and dark, print. Nothing may be asked of the network, said on
// the console, run as a script, or stick out of the page; every chart has a name; a cell opens its pair; axe finds nothing.
// Usage: node check.mjs REPORT.html SCREENSHOTS
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import puppeteer from "puppeteer-core";

const [page_file, shots] = process.argv.slice(2);
const address = pathToFileURL(resolve(page_file)).href;
mkdirSync(shots, { recursive: true });
const problems = [];
// The page's policy forbids scripts in it; what is evaluated from outside runs all the same.
const accessible = async (page, where) => {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  if (found.passes.length === 0) problems.push("axe looked at nothing");
  for (const { id, help, nodes } of found.violations) {
    problems.push(`axe, ${where}: ${id}: ${help}, ${nodes.length} times, first ${nodes[0].html}`);
  }
};
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  const page = await browser.newPage();
  page.on("console", (message) => problems.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (url.split("#")[0] !== address && !url.startsWith("data:")) problems.push(`request: ${url}`);
  });
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    for (const width of [390, 900, 1440]) {
      await page.setViewport({ width, height: 900 });
      await page.goto(address);
      const sticks_out = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (sticks_out > 0) problems.push(`${width} px wide: the page is ${sticks_out} px wider`);
      await page.screenshot({ path: `${shots}/${scheme}-${width}.png`, fullPage: true });
      await accessible(page, `${scheme}, ${width} px`);
    }
  }

  const tree = await page.accessibility.snapshot({ interestingOnly: false });
  const charts = [];
  const walk = (node) => {
    if (["image", "img", "graphics-document"].includes(node.role)) charts.push(node);
    (node.children ?? []).forEach(walk);
  };
  walk(tree);
  if (charts.length === 0) problems.push("no chart was found");
  for (const chart of charts) if (!chart.name) problems.push("a chart has no name");

  const cell = await page.$("a.cell");
  if (!cell) problems.push("no cell opens a pair");
  else {
    await cell.click();
    const open = await page.$$eval(".pair", (pairs) => pairs.filter((pair) => pair.offsetHeight > 0).length);
    if (open !== 1) problems.push(`a click on a cell opened ${open} pairs`);
    await page.$$eval(".pair:target details", (all) => all.forEach((one) => (one.open = true)));
    for (const width of [390, 1440]) {
      await page.setViewport({ width, height: 900 });
      await page.screenshot({ path: `${shots}/pair-${width}.png`, fullPage: true });
      await accessible(page, `an open pair, ${width} px`);
    }
  }
  await page.setJavaScriptEnabled(false);
  await page.goto(address);
  await page.pdf({ path: `${shots}/print.pdf`, format: "A4" });
  console.log(`${page_file}: ${charts.length} named charts, 3 widths, light and dark`);
} finally {
  await browser.close();
}
if (problems.length > 0) {
  console.error([...new Set(problems)].join("\n"));
  process.exit(1);
}
