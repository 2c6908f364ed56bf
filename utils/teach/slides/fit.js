// Fits a slide to its page: its text is as large as the page allows. Where the smallest that a room can read is still too
// large, the slide is cut in two, and goes on under the same title.
const SMALLEST = 28, LARGEST = 46; // pixels of text on a page that is 720 high

function fits(page, size) {
  page.style.fontSize = `${size}px`;
  const parts = page.querySelector(".parts");
  return parts.scrollHeight <= parts.clientHeight && parts.scrollWidth <= parts.clientWidth;
}

function fit(page) {
  let size = LARGEST;
  while (size > SMALLEST && !fits(page, size)) size -= 1;
  if (fits(page, size)) return;
  const rest = cut(page);
  if (rest) [page, rest].forEach(fit);
  else while (size > 1 && !fits(page, size)) size -= 1;
}

// Moves the lower half of a slide to a new one and returns its page; null where nothing can be parted.
function cut(page) {
  const parts = [...page.querySelectorAll(".part")], edge = i => parts[i].dataset.edge;
  const [first, last] = [parts[0], parts.at(-1)].map(part => part.getBoundingClientRect());
  let at = parts.findIndex(part => part.getBoundingClientRect().bottom > (first.top + last.bottom) / 2);
  at = Math.max(at, 1);
  while (at > 1 && edge(at - 1) === "goes along") at -= 1;
  const kept = i => i >= at || edge(i) === "heads all" || (i === at - 1 && edge(i) === "is repeated");
  const left = parts.map((_, i) => kept(i));
  if (left.every(Boolean) || parts.slice(0, at).every((_, i) => edge(i) === "heads all")) return null;

  const section = page.closest("section"), next = section.cloneNode(true);
  section.after(next);
  parts.slice(at).forEach(part => part.remove());
  next.querySelectorAll(".part").forEach((part, i) => {
    if (!left[i]) part.remove();
    else if (i < at) part.classList.remove("fragment");
  });
  next.querySelector(".page").classList.remove("opens");
  return next.querySelector(".page");
}
