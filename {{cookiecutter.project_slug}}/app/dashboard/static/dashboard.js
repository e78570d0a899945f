// What Dash leaves to the console, the page shows: who is signed out sees the form, and a
// service that does not answer is told by a banner, which goes with the next answer.
"use strict";

const ask = window.fetch;

window.fetch = async (...request) => {
  const away = (yes) => document.documentElement.classList.toggle("away", yes);
  try {
    const answer = await ask(...request);
    if (answer.status === 401) {
      location.reload();
      return new Promise(() => {}); // Dash need not see it
    }
    away(answer.status >= 500);
    return answer;
  } catch (error) {
    away(true);
    throw error;
  }
};

new DashRenderer();
