// The labs that are alive in a page: what each is made of, by its name.
//
// A maker is called with (facts, reader, engine, settings), and gives the experiment `session`,
// `views`, `words` and `text` of what it has measured, what else holds `now` (lights, events),
// `csv`, its `knobs` {order: {act, shown}}, further `orders`, and, where time goes by, `tables`.

import { compressionLab } from "./compression.js";
import { hermiteLab } from "./hermite.js";
import { subspaceLab } from "./subspace.js";
import { targetLab } from "./target.js";

export const LABS = {
  SubspaceLab: subspaceLab, BreakLab: subspaceLab, CompressionLab: compressionLab,
  HermiteLab: hermiteLab, TargetLab: targetLab,
};
