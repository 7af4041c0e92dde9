/** Style sheets are imported for their effect: esbuild gathers them into dashboard.css. */
declare module "*.css";
