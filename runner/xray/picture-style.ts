/** The look of a picture, as all of assets/ have it; native-child.svg there tells what each class means. */
export const PICTURE_STYLE = `
    text { font: 15px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328 }
    .name { font-weight: 700 }
    .note { font-size: 13px; fill: #59636e }
    .bold { font-weight: 700 }
    .head { fill: #59636e }
    .process { fill: #ddf0ff; stroke: #0969da; stroke-width: 2 }
    .kernel { fill: #dafbe1; stroke: #1a7f37; stroke-width: 2 }
    .used { fill: #1a7f37 }
    .file { fill: #fff8dc; stroke: #9a6700; stroke-width: 2; stroke-linejoin: round }
    .cell { fill: #ffffff; stroke: #9a6700; stroke-opacity: .6 }
    .field { fill: #ffffff; stroke: #59636e; stroke-opacity: .6 }
    .left { fill: none; stroke: #59636e; stroke-dasharray: 4 4 }
    .cable { fill: none; stroke: #1a7f37; stroke-width: 6; stroke-linecap: round; stroke-linejoin: round }
    .border { fill: none; stroke: #59636e; stroke-width: 1.5; stroke-dasharray: 7 5 }
    .call, .brace { fill: none; stroke: #59636e; stroke-width: 2 }
    .call { marker-end: url(#head) }
    .brace { stroke-width: 1.5 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .note { fill: #9198a1 }
      .head { fill: #9198a1 }
      .process { fill: #12304f; stroke: #58a6ff }
      .kernel { fill: #12381f; stroke: #3fb950 }
      .used { fill: #3fb950 }
      .file { fill: #382c0c; stroke: #d4a72c }
      .cell { fill: #0d1117; stroke: #d4a72c }
      .field { fill: #0d1117; stroke: #9198a1 }
      .left { stroke: #9198a1 }
      .cable { stroke: #3fb950 }
      .border { stroke: #9198a1 }
      .call, .brace { stroke: #9198a1 }
    }
`
