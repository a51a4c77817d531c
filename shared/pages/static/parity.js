// Starts the design system's components. Every page works without.
import { initAll } from "/assets/nhsuk-frontend.min.js";

initAll();
