//! The colours of people's names: as many as the eye tells apart, each legible on what it stands on, and for the same name always
//! the same.
//!
//! With 24 bits a colour is a hue of OKLCH (Björn Ottosson, "A perceptual color space for image processing") at one of a few
//! luminances; contrast (WCAG 2.2, "contrast ratio") depends on luminance alone, so each hue is brought to exactly the one that
//! is wanted. Of the 256 colours those serve that are as light or as dark as that;
//! where they are few, bold ones count as others. Both tables are made when they are first
//! needed. Nothing is remembered of who has which colour: a name has its own in every conversation, on every device, after
//! every start.

use std::ops::RangeInclusive;
use std::sync::OnceLock;

use ratatui::style::{Color, Modifier, Style};

/// What is written on: the background, as far as it is known, and how strong the contrasts shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// It is not known: middle lightness, legible on dark and on light ones.
    Any,
    /// A dark one: a contrast of 4.5 or more with what is nearly black.
    Dark,
    /// A light one: a contrast of 4.5 or more with white.
    Light,
    /// A dark one with strong contrasts: 7 or more with black.
    StrongDark,
    /// A light one with strong contrasts: 7 or more with white.
    StrongLight,
}

/// How many hues: ten degrees apart, neighbours are still told apart.
const HUES: u32 = 36;
/// The steps of red, green and blue in the cube of the 256 colours, and where the cube begins.
const CUBE_STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
const CUBE_START: u8 = 16;

/// So many colours are enough to tell people apart without further weights.
const COLORS_ENOUGH: usize = 20;

/// A row of hues.
struct Tone {
    /// The relative luminance, from 0 for black to 1 for white.
    luminance: f64,
    /// Chroma by lightness in OKLCH; what the screen cannot show of it is taken off.
    saturation: f64,
}

/// What names can be written in on one kind of surface.
struct Rule {
    tones: &'static [Tone],
    /// The relative luminances of those of the 256 colours that serve.
    luminances: RangeInclusive<f64>,
    /// How far their strongest and their weakest part are apart: less is grey, and on black more glares.
    parts_apart: RangeInclusive<u8>,
    /// The colours for terminals with all colours.
    exact: OnceLock<Vec<Color>>,
    /// The looks for terminals with 256 colours.
    indexed: OnceLock<Vec<(Color, Modifier)>>,
}

impl Rule {
    const fn new(tones: &'static [Tone], luminances: RangeInclusive<f64>, parts_apart: RangeInclusive<u8>) -> Self {
        Self { tones, luminances, parts_apart, exact: OnceLock::new(), indexed: OnceLock::new() }
    }

    fn exact_colors(&self) -> Vec<Color> {
        let hues = (0..HUES).map(|hue| f64::from(hue) * 360.0 / f64::from(HUES));
        hues.flat_map(|hue| self.tones.iter().map(move |tone| tone.color(hue))).collect()
    }

    /// The colours that serve; where they are few, each of them also bold.
    fn indexed_looks(&self) -> Vec<(Color, Modifier)> {
        let colors = self.indexed_colors();
        let weights: &[Modifier] = match colors.len() {
            COLORS_ENOUGH.. => &[Modifier::empty()],
            _ => &[Modifier::empty(), Modifier::BOLD],
        };
        colors.iter().flat_map(|color| weights.iter().map(|weight| (*color, *weight))).collect()
    }

    fn indexed_colors(&self) -> Vec<Color> {
        let is_legible = |parts: [u8; 3]| self.luminances.contains(&luminance(parts.map(linear)));
        let is_colorful = |parts: [u8; 3]| {
            let (most, least) = (parts.into_iter().max(), parts.into_iter().min());
            most.zip(least).is_some_and(|(most, least)| self.parts_apart.contains(&(most - least)))
        };
        let cube = (0..6 * 6 * 6_u8).map(|place| {
            let parts = [place / 36, place / 6 % 6, place % 6].map(|step| CUBE_STEPS[usize::from(step)]);
            (CUBE_START + place, parts)
        });
        let serving = cube.filter(|(_, parts)| is_legible(*parts) && is_colorful(*parts));
        serving.map(|(index, _)| Color::Indexed(index)).collect()
    }
}

const fn tone(luminance: f64, saturation: f64) -> Tone {
    Tone { luminance, saturation }
}

/// In the order of [`Surface`].
static RULES: [Rule; 5] = [
    // 4.58 on black is 4.58 on white; of the 256 colours seven have 4.45 on both.
    Rule::new(&[tone(0.179, 0.24), tone(0.179, 0.12)], 0.1729..=0.1833, 80..=255),
    // 5.1, 6.8 and 9.2 on what is nearly black. Lighter ones are so pale that they are hardly told from white.
    Rule::new(&[tone(0.27, 0.24), tone(0.38, 0.22), tone(0.53, 0.19)], 0.27..=0.85, 80..=175),
    // 4.8, 6.4 and 8.4 on white. Darker ones are hardly told from black.
    Rule::new(&[tone(0.17, 0.3), tone(0.115, 0.3), tone(0.075, 0.3)], 0.0..=0.183, 80..=255),
    // 7.4, 9.8 and 12.6 on black.
    Rule::new(&[tone(0.32, 0.24), tone(0.44, 0.22), tone(0.58, 0.19)], 0.3..=0.9, 80..=175),
    // 7.2, 9.1 and 11.4 on white.
    Rule::new(&[tone(0.096, 0.3), tone(0.065, 0.3), tone(0.042, 0.3)], 0.0..=0.0995, 80..=255),
];

/// With 16 colours, whose looks the terminal decides: those that schemes keep legible, without red (errors) and the greys.
const SIXTEEN: [(Color, Modifier); 10] = [
    (Color::Green, Modifier::empty()),
    (Color::Green, Modifier::BOLD),
    (Color::Yellow, Modifier::empty()),
    (Color::Yellow, Modifier::BOLD),
    (Color::LightBlue, Modifier::empty()),
    (Color::LightBlue, Modifier::BOLD),
    (Color::Magenta, Modifier::empty()),
    (Color::Magenta, Modifier::BOLD),
    (Color::Cyan, Modifier::empty()),
    (Color::Cyan, Modifier::BOLD),
];

/// The colour of somebody's name where 24 bits name one.
pub fn exact(name: &str, surface: Surface) -> Color {
    let rule = &RULES[surface as usize];
    choice(name, rule.exact.get_or_init(|| rule.exact_colors()))
}

/// The look of somebody's name in one of the 256 colours; where few of them serve, bold or not.
pub fn indexed(name: &str, surface: Surface) -> Style {
    let rule = &RULES[surface as usize];
    let (color, weight) = choice(name, rule.indexed.get_or_init(|| rule.indexed_looks()));
    Style::new().fg(color).add_modifier(weight)
}

/// The look of somebody's name where there are 16 colours: one of them, bold or not.
pub fn sixteen(name: &str) -> Style {
    let (color, weight) = choice(name, &SIXTEEN);
    Style::new().fg(color).add_modifier(weight)
}

/// What of all there is falls to a name.
fn choice<Look: Copy>(name: &str, all: &[Look]) -> Look {
    // The remainder is below the length, whatever the width of `usize`.
    all[(spread(name) % all.len() as u64) as usize]
}

/// A number for a name, as good as drawn by lot, but the same on every machine and in every version, which the standard
/// library's hasher does not promise: FNV-1a, and the finalizer of `MurmurHash3`, without which names that differ little often
/// come to the same remainder. Case makes no difference, nor do the underscores that clients put behind a name that is taken.
fn spread(name: &str) -> u64 {
    let name = name.trim_end_matches('_').to_lowercase();
    let fnv = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, fnv);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

impl Tone {
    /// The colour of this hue, in degrees.
    fn color(&self, hue: f64) -> Color {
        // One factor on all parts of a colour changes its lightness, not its hue or saturation: any will do to begin with.
        let lightness = 0.7;
        let (sin, cos) = hue.to_radians().sin_cos();
        let chroma = lightness * self.saturation;
        let parts = from_oklab(lightness, chroma * cos, chroma * sin);
        let factor = self.luminance / luminance(parts);
        let parts = parts.map(|part| part * factor);
        // Towards the grey of the same luminance until the screen can show it.
        let grey = self.luminance;
        let share = parts.into_iter().fold(1.0, |share: f64, part| match part {
            ..0.0 => share.min(grey / (grey - part)),
            1.0.. => share.min((1.0 - grey) / (part - grey)),
            _ => share,
        });
        let [red, green, blue] = parts.map(|part| encoded(grey + share * (part - grey)));
        Color::Rgb(red, green, blue)
    }
}

/// Linear red, green and blue of a colour in OKLab.
fn from_oklab(lightness: f64, a: f64, b: f64) -> [f64; 3] {
    let long = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let medium = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let short = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    [
        4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short,
        -1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short,
        -0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701 * short,
    ]
}

/// The relative luminance of linear red, green and blue.
fn luminance([red, green, blue]: [f64; 3]) -> f64 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// A part of a colour in sRGB as a linear one.
fn linear(part: u8) -> f64 {
    match f64::from(part) / 255.0 {
        part @ ..=0.040_45 => part / 12.92,
        part => ((part + 0.055) / 1.055).powf(2.4),
    }
}

/// A linear part of a colour in sRGB.
fn encoded(part: f64) -> u8 {
    let part = match part {
        ..=0.003_130_8 => 12.92 * part,
        _ => 1.055 * part.powf(1.0 / 2.4) - 0.055,
    };
    // A cast of a float saturates.
    (255.0 * part).round() as u8
}
