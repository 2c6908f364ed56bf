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

// Moves the lower half of a slide to a new one and returns its page; null where that would leave either of them empty.
function cut(page) {
  const parts = [...page.querySelectorAll(".part")], edges = parts.map(part => part.dataset.edge);
  const [first, last] = [parts[0], parts.at(-1)].map(part => part.getBoundingClientRect());
  let at = Math.max(1, parts.findIndex(part => part.getBoundingClientRect().bottom > (first.top + last.bottom) / 2));
  while (at > 1 && edges[at - 1] === "goes along") at -= 1;
  if (at === 1 && edges[0] === "is repeated") at = 2;
  const above = edges.slice(0, at), again = i => edges[i] === "heads all" || (i === at - 1 && edges[i] === "is repeated");
  if (at >= parts.length || above.every(edge => edge === "heads all")) return null;

  const section = page.closest("section"), next = section.cloneNode(true);
  section.after(next);
  parts.slice(at).forEach(part => part.remove());
  [...next.querySelectorAll(".part")].slice(0, at).forEach((part, i) => {
    if (again(i)) part.classList.remove("fragment");
    else part.remove();
  });
  next.querySelector(".page").classList.remove("opens");
  return next.querySelector(".page");
}
