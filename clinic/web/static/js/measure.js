// Mean, change, BMI and calcium while typing; the server computes them again. All as it is written, in tenths of cm, kg and kg/m²;
// words and limits stand in data attributes:
// <div data-measure data-reference="1620" data-told="10" data-red="20" data-height-possible="1000 2200" data-weight-possible="25000 250000"
//      data-bmi-possible="100 700" data-apart="5 50" data-loss="Height loss {cm} cm, limit 2.0 cm." data-spread="mean of {n}, {cm} cm apart"
//      data-asks="Reading {n} differs {cm} cm. Measure again." data-wrong="Reading {n} differs {cm} cm. Is it right?">
//   <div data-of="height|weight|bmi" data-previous="1594" data-start="1612">
//     <input data-reading="height"> x3 or <input data-reading="weight">, <output data-out="height|height-previous|height-start|…">
const box = document.querySelector("[data-measure]");
const intake = document.querySelector("[data-calcium]");

function read(field) {
  const text = field.value.trim();
  return /^\d{1,4}([.,]\d)?$/.test(text) ? Math.round(Number(text.replace(",", ".")) * 10) : null;
}

// What cannot be, or is half typed, is no value yet: no BMI, change or loss is worked out from it.
function possible(what, value) {
  const [low, high] = box.dataset[`${what}Possible`].split(" ").map(Number);
  return value >= low && value <= high ? value : null;
}

function show(name, text) {
  box.querySelector(`[data-out="${name}"]`).textContent = text;
}

function decimal(tenths, sign = false) {
  const text = (Math.abs(tenths) / 10).toFixed(1).replace(".", document.documentElement.lang === "en" ? "." : ",");
  return (tenths < 0 ? "−" : sign && tenths > 0 ? "+" : "") + text;
}

function compare(name, value) {
  show(name, value === null ? "—" : decimal(value));
  const before = box.querySelector(`[data-of="${name}"]`).dataset;
  for (const since of ["previous", "start"]) {
    const known = value !== null && before[since];
    show(`${name}-${since}`, known ? decimal(value - Number(before[since]), true) : "—");
  }
}

// The mean in mm of readings that agree; on the way what is said of them.
function height() {
  const fields = [...box.querySelectorAll("[data-reading=height]")];
  const readings = fields.map(read);
  const known = readings.filter((mm) => mm !== null).sort((a, b) => a - b);
  const median = known.length ? known[Math.floor((known.length - 1) / 2)] : null;
  const off = readings.map((mm) => (mm === null || known.length < 2 ? 0 : Math.abs(mm - median)));
  const worst = off.indexOf(Math.max(...off));
  const [ask, impossible] = box.dataset.apart.split(" ").map(Number);
  const wrong = off[worst] > impossible;
  const words = wrong ? box.dataset.wrong : off[worst] > ask ? box.dataset.asks : "";
  const told = document.getElementById(`${fields[worst].id}-error`); // the server says it already
  show("said", told ? "" : words.replace("{n}", worst + 1).replace("{cm}", decimal(off[worst])));
  const mean = wrong || !known.length ? null : possible("height", Math.round(known.reduce((sum, mm) => sum + mm, 0) / known.length));
  const spread = mean !== null && known.length > 1 ? known.at(-1) - known[0] : null;
  show("spread", spread === null ? "" : box.dataset.spread.replace("{n}", known.length).replace("{cm}", decimal(spread)));
  return mean;
}

function update() {
  const mean = height();
  compare("height", mean);
  const loss = mean !== null && box.dataset.reference ? Number(box.dataset.reference) - mean : 0;
  show("loss", loss >= Number(box.dataset.told) ? box.dataset.loss.replace("{cm}", decimal(loss)) : "");
  const tone = box.querySelector("[data-out=loss]").classList; // as loud as its alert
  tone.toggle("is-late", loss >= Number(box.dataset.red));
  tone.toggle("is-soon", loss < Number(box.dataset.red));
  const kg = read(box.querySelector("[data-reading=weight]"));
  const weight = kg === null ? null : possible("weight", kg * 100); // in g
  compare("weight", weight === null ? null : kg);
  const bmi = mean && weight ? possible("bmi", Math.floor((20000 * weight + mean * mean) / (2 * mean * mean))) : null;
  compare("bmi", bmi);
}

// <div data-calcium="250 200" data-food="{mg} mg a day, without tablet" data-total="{mg} mg a day"> around dairy and tablet
function calcium() {
  const [portions, tablet] = ["dairy_portions", "calcium_mg"].map((name) => whole(intake.querySelector(`[name=${name}]`)));
  const [base, portion] = intake.dataset.calcium.split(" ").map(Number);
  const words = tablet === null ? intake.dataset.food : intake.dataset.total;
  const sum = portions === null ? "—" : words.replace("{mg}", base + portions * portion + (tablet ?? 0));
  intake.querySelector("[data-out=calcium]").textContent = sum;
}

function whole(field) {
  const text = field.value.trim();
  return /^\d{1,6}$/.test(text) ? Number(text) : null;
}

if (intake) {
  intake.addEventListener("input", calcium);
  calcium();
}

if (box) {
  box.addEventListener("input", update);
  update();
}
