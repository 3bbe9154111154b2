// Unreadable parts of the map: texts outside their card or on each other, cards on each other.
const box = element => element.getBoundingClientRect();
const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
const apart = (a, b) => a.right < b.left || b.right < a.left || a.bottom < b.top || b.bottom < a.top;
const pairs = list => list.flatMap((first, index) => list.slice(index + 1).map(second => [first, second]));

function problemsOf(node) {
  const card = box(node.querySelector(".card")), texts = [...node.querySelectorAll("text")];
  return [
    ...texts.filter(text => !inside(box(text), card)).map(text => `${text.textContent} leaves its card`),
    ...pairs(texts).filter(([a, b]) => !apart(box(a), box(b))).map(([a, b]) => `${a.textContent} meets ${b.textContent}`),
  ];
}

const nodes = [...document.querySelectorAll(".node")];
const meeting = pairs(nodes).filter(([a, b]) => !apart(box(a.querySelector(".card")), box(b.querySelector(".card"))));
return [...nodes.flatMap(problemsOf), ...meeting.map(([a, b]) => `${a.dataset.id} covers ${b.dataset.id}`)];
