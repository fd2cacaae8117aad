//! A layer's look from its digest: the same layer looks the same everywhere.

use drydock::digest::Digest;

const PIGMENTS: [&str; 12] =
    ["brick", "rust", "ochre", "olive", "moss", "jade", "teal", "steel", "cobalt", "iris", "plum", "rose"];
const PATTERNS: [&str; 8] = ["stripes", "rising", "falling", "lattice", "dots", "bars", "chevrons", "waves"];
const PATHS: [&str; 8] = [
    "M0,3H12M0,9H12",
    "M-3,3L3,-3M0,12L12,0M9,15L15,9",
    "M-3,9L3,15M0,0L12,12M9,-3L15,3",
    "M0,0L12,12M12,0L0,12",
    "M3,3h.1M9,9h.1",
    "M3,0V12M9,0V12",
    "M0,4L6,9L12,4M0,-2L6,3L12,-2M0,10L6,15L12,10",
    "M0,3q3,-4 6,0t6,0M0,9q3,-4 6,0t6,0",
];

/// How a layer is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The pigment's number.
    pub pigment: usize,
    /// The pattern's path in a tile of 12 by 12.
    pub path: &'static str,
    /// Its dots want a thicker line.
    pub dots: bool,
    /// Its spoken name, such as `olive dots`.
    pub name: String,
    /// The twelve digits that name it.
    pub digits: String,
    /// Its whole digest.
    pub id: String,
}

/// The look of a layer, by its diff id: the first byte is the pigment, the second the pattern.
pub fn look(diff_id: &Digest) -> Look {
    let bytes = diff_id.bytes();
    let (pigment, pattern) = (bytes[0] as usize % 12, bytes[1] as usize % 8);
    Look {
        pigment,
        path: PATHS[pattern],
        dots: pattern == 4,
        name: format!("{} {}", PIGMENTS[pigment], PATTERNS[pattern]),
        digits: diff_id.short(),
        id: diff_id.to_string(),
    }
}
