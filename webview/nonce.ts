/**
 * Hands the script's own nonce on to the toolkit, which tests for `:focus-visible` with a style element while it is
 * being loaded and finds its nonce in a meta element. Without it the page's policy refuses that element, and every
 * click would draw a focus ring. The one file that works at import: it must come before the toolkit's modules.
 */
const nonce = document.currentScript?.nonce ?? "";
if (nonce !== "" && document.querySelector('meta[property="csp-nonce"]') === null) {
  const meta = document.createElement("meta");
  meta.setAttribute("property", "csp-nonce");
  meta.content = nonce;
  document.head.append(meta);
}

export {};
