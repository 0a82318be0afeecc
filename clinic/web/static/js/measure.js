// Mean, change and BMI while typing; the server computes them again. All in mm and g; words stand in data attributes:
// <div data-measure data-previous-height="1594" data-start-height="1612" data-previous-weight data-start-weight
//      data-reference="1620" data-told="10" data-height-possible="1000 2200" data-weight-possible="25000 250000"
//      data-loss="Height loss {cm} cm, limit 2.0 cm." data-spread="mean of {n}, {cm} cm apart"
//      data-asks="Reading {n} differs {cm} cm. Measure again." data-wrong="Reading {n} differs {cm} cm. Is it right?">
//   <input data-reading="height"> x3, <input data-reading="weight">, <output data-out="height|height-previous|height-start|weight|…|bmi|spread|loss|said">
const box = document.querySelector("[data-measure]");
const ASK_MM = 5;
const WRONG_MM = 50;

function read(field, scale) {
  const text = field.value.trim();
  return /^\d{1,4}([.,]\d)?$/.test(text) ? Math.round(Number(text.replace(",", ".")) * scale) : null;
}

// What cannot be, or is half typed, is no value yet: no BMI, change or loss is worked out from it.
function possible(what, value) {
  const [low, high] = box.dataset[`${what}Possible`].split(" ").map(Number);
  return value >= low && value <= high ? value : null;
}

function show(name, text) {
  for (const place of box.querySelectorAll(`[data-out="${name}"]`)) place.textContent = text;
}

function decimal(value, sign = false) {
  const text = Math.abs(value).toFixed(1).replace(".", document.documentElement.lang === "en" ? "." : ",");
  const rounded = Math.round(value * 10);
  return (rounded < 0 ? "−" : sign && rounded > 0 ? "+" : "") + text;
}

function compare(name, value, scale) {
  for (const since of ["previous", "start"]) {
    const key = since + name[0].toUpperCase() + name.slice(1);
    const before = box.dataset[key] ? Number(box.dataset[key]) : null;
    show(`${name}-${since}`, value === null || before === null ? "—" : decimal((value - before) / scale, true));
  }
}

function update() {
  const fields = [...box.querySelectorAll("[data-reading=height]")];
  const readings = fields.map((field) => read(field, 10));
  const known = readings.filter((mm) => mm !== null).sort((a, b) => a - b);
  const median = known.length ? known[Math.floor((known.length - 1) / 2)] : null;
  const off = readings.map((mm) => (mm === null || known.length < 2 ? 0 : Math.abs(mm - median)));
  const worst = off.indexOf(Math.max(...off));
  const wrong = off[worst] > WRONG_MM;
  const words = wrong ? box.dataset.wrong : off[worst] > ASK_MM ? box.dataset.asks : "";
  show("said", (words ?? "").replace("{n}", worst + 1).replace("{cm}", decimal(off[worst] / 10)));
  const mean = wrong || !known.length ? null : possible("height", Math.round(known.reduce((sum, mm) => sum + mm, 0) / known.length));
  show("height", mean === null ? "—" : decimal(mean / 10));
  compare("height", mean, 10);
  const spread = known.length > 1 && !wrong ? known.at(-1) - known[0] : null;
  show("spread", spread === null ? "" : (box.dataset.spread ?? "").replace("{n}", known.length).replace("{cm}", decimal(spread / 10)));
  const loss = mean !== null && box.dataset.reference ? Number(box.dataset.reference) - mean : 0;
  show("loss", loss >= Number(box.dataset.told) ? (box.dataset.loss ?? "").replace("{cm}", decimal(loss / 10)) : "");
  const weight = possible("weight", read(box.querySelector("[data-reading=weight]"), 1000));
  show("weight", weight === null ? "—" : decimal(weight / 1000));
  compare("weight", weight, 1000);
  show("bmi", mean && weight ? decimal(weight / 1000 / (mean / 1000) ** 2) : "—");
}

if (box) {
  box.addEventListener("input", update);
  update();
}
