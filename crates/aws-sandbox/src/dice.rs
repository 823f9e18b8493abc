//! The world's only source of chance: seeded, cloneable, the same on every machine.

use std::time::Duration;

/// SplitMix64.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// In `[0, 1)`.
    pub fn fraction(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.fraction()
    }

    /// Seconds between two bounds.
    pub fn seconds(&mut self, low: f64, high: f64) -> Duration {
        Duration::from_secs_f64(self.between(low, high).max(0.0))
    }

    /// 16 hexadecimal digits.
    pub fn hex16(&mut self) -> String {
        format!("{:016x}", self.roll())
    }

    /// 32 hexadecimal digits.
    pub fn hex32(&mut self) -> String {
        format!("{:016x}{:016x}", self.roll(), self.roll())
    }

    /// 19 decimal digits, as in deployment ids.
    pub fn digits19(&mut self) -> String {
        format!("{}", 1_000_000_000_000_000_000 + self.roll() % 8_000_000_000_000_000_000)
    }

    /// A UUID in its usual spelling.
    pub fn uuid(&mut self) -> String {
        let bytes = (u128::from(self.roll()) << 64 | u128::from(self.roll())).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }
}
