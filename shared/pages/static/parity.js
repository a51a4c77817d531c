// Starts the design system's components. Every page works without.
import { initAll } from "/assets/nhsuk-frontend.min.js";

initAll();

// The design system hides a comma among the words on the button that chooses a file. The button's name needs it before them:
// whoever speaks to a browser says what stands there, without it (WCAG 2.5.3).
for (const button of document.querySelectorAll(".nhsuk-file-upload__drop-button")) {
  const comma = document.getElementById(`${button.id}-comma`);
  comma.setAttribute("aria-hidden", "true");
  button.before(comma);
}

// A file that is too large is refused before it is sent, so that nothing typed beside it has to travel, and be lost, with it.
for (const input of document.querySelectorAll("input[type=file][data-largest]")) {
  input.addEventListener("change", () => {
    const group = input.closest(".nhsuk-form-group");
    group.querySelector(".parity-too-large")?.remove();
    if (![...input.files].some((file) => file.size > Number(input.dataset.largest))) return;
    input.value = "";
    input.dispatchEvent(new Event("change"));
    const message = document.createElement("p");
    message.className = "nhsuk-error-message parity-too-large";
    message.setAttribute("role", "alert");
    message.textContent = input.dataset.tooLarge;
    group.prepend(message);
  });
}
