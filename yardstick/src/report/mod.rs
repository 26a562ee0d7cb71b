//! The performance page: everything measured once, kept as data, and rendered for people.
//!
//! Promises that docs/performance.md and its plots follow from docs/performance/measured.json alone: the same data gives
//! the same bytes on every machine, and no figure on the page is written by hand.
//! Refuses to make up what was not measured: such a part of the page says so.
//!
//! | what | modules |
//! | --- | --- |
//! | measuring | `measure`, with `comparisons`, `profiles` (which function belongs to which part: `parts`) and `concurrency` |
//! | data | `measured` |
//! | judging | `goals` |
//! | rendering | `rendered`, with `page` (sections in Markdown) and `plots` (SVG) |

pub mod comparisons;
pub mod concurrency;
pub mod goals;
pub mod measure;
pub mod measured;
pub mod page;
pub mod parts;
pub mod plots;
pub mod profiles;
pub mod quantity;
pub mod rendered;

pub use measured::Measured;
pub use rendered::Rendered;
