// While the page is served: a newer one is loaded in its place, and what was opened and scrolled to
// stays.
"use strict";
(() => {
  const KEPT = "opened";
  const folded = [...document.querySelectorAll("details")];
  const name = (one) => one.querySelector("summary").textContent;
  const opened = JSON.parse(sessionStorage.getItem(KEPT) || "[]");
  for (const one of folded) if (opened.includes(name(one))) one.open = true;
  const state = document.getElementById("watching");
  const number = state.dataset.number;
  const keep = () => sessionStorage.setItem(
    KEPT, JSON.stringify(folded.filter((one) => one.open).map(name)));
  async function wait() {
    for (;;) {
      const answer = await fetch(`/newer?than=${number}`);
      if (!answer.ok) throw new Error(answer.status);
      if (answer.status === 200) break;
    }
    keep();
    location.reload();
  }
  wait().catch(() => { state.textContent = state.dataset.ended; });
})();
