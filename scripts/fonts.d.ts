/** The parts of the font tools that scripts/icons.ts uses; the packages bring no types. */
declare module "svg2ttf" {
  export default function svg2ttf(svg: string, options?: { ts?: number; version?: string }): { buffer: Uint8Array };
}
declare module "ttf2woff" {
  export default function ttf2woff(ttf: Uint8Array): Uint8Array;
}
