// Fits a slide to its page: its text is as large as the page allows. Where the smallest that a room can read is still too
// large, the slide is cut in two, and goes on under the same title.
const SMALLEST = 28, LARGEST = 46; // pixels of text on a page that is 720 high

function fits(page, size) {
  page.style.fontSize = `${size}px`;
  const parts = page.querySelector(".parts");
  return parts.scrollHeight <= parts.clientHeight && parts.scrollWidth <= parts.clientWidth;
}

// Sets the largest size from `low` to `high` at which a page holds all that is on it.
function grow(page, low, high) {
  while (low < high) {
    const size = Math.ceil((low + high) / 2);
    if (fits(page, size)) low = size;
    else high = size - 1;
  }
  page.style.fontSize = `${low}px`;
}

function fit(page) {
  if (fits(page, SMALLEST)) return grow(page, SMALLEST, LARGEST);
  const rest = cut(page);
  if (rest) [page, rest].forEach(fit);
  else grow(page, 1, SMALLEST);
}

// Moves the lower half of a slide to a new one and returns its page; null where nothing would be left above.
function cut(page) {
  const parts = [...page.querySelectorAll(".part")], edges = parts.map(part => part.dataset.edge);
  const tops = parts.map(part => part.getBoundingClientRect().top);
  const middle = (tops[0] + parts.at(-1).getBoundingClientRect().bottom) / 2;
  const again = (i, at) => edges[i] === "heads all" || (i === at - 1 && edges[i] === "is repeated");
  const cost = at => Math.abs(tops[at] - middle) + (edges[at - 1] === "goes along" ? 720 : 0);
  const places = [...parts.keys()].filter(at => edges.slice(0, at).some((_, i) => !again(i, at)));
  if (!places.length) return null;
  const at = places.reduce((best, place) => cost(place) < cost(best) ? place : best);

  const section = page.closest("section"), next = section.cloneNode(true);
  section.after(next);
  parts.slice(at).forEach(part => part.remove());
  [...next.querySelectorAll(".part")].slice(0, at).forEach((part, i) => {
    if (again(i, at)) part.classList.remove("fragment");
    else part.remove();
  });
  next.querySelector(".page").classList.remove("opens");
  return next.querySelector(".page");
}
