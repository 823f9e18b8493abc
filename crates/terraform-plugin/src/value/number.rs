//! Terraform's numbers, kept exactly: what was written as `0.1` goes back as `0.1`.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A number as Terraform knows it. Integers of 64 bits stay integers; fractions that a double holds
/// exactly are doubles; everything else is the decimal text it came as.
#[derive(Clone, Debug)]
pub struct Number(Repr);

#[derive(Clone, Debug)]
pub(super) enum Repr {
    Int(i64),
    /// Only above `i64::MAX`.
    UInt(u64),
    /// Never integral within 64 bits, never NaN.
    Float(f64),
    Decimal(String),
}

impl Number {
    /// From a double; `None` for NaN, which Terraform has no notion of.
    pub fn from_f64(number: f64) -> Option<Number> {
        if number.is_nan() {
            return None;
        }
        // Both bounds are exact in a double; the upper one is just outside i64.
        let in_i64 = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number);
        Some(Number(if number.fract() == 0.0 && in_i64 {
            Repr::Int(number as i64)
        } else {
            Repr::Float(number)
        }))
    }

    /// From decimal text such as `3`, `0.1` or `1e3`.
    pub fn from_decimal(text: &str) -> Option<Number> {
        if let Ok(number) = text.parse::<i64>() {
            return Some(Number(Repr::Int(number)));
        }
        if let Ok(number) = text.parse::<u64>() {
            return Some(number.into());
        }
        let plausible = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        let number = text.parse::<f64>().ok().filter(|_| plausible)?;
        if number.is_finite() && exact_text(number).as_deref() == Some(text) {
            return Number::from_f64(number);
        }
        // Integers in other spellings, as long as a double counts them one by one.
        if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 && !lost_digits(text) {
            return Number::from_f64(number);
        }
        Some(Number(Repr::Decimal(text.to_owned())))
    }

    /// The number as an `i64`, when it is an integer in range.
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Int(number) => Some(number),
            _ => None,
        }
    }

    /// The nearest double.
    pub fn as_f64(&self) -> f64 {
        match &self.0 {
            Repr::Int(number) => *number as f64,
            Repr::UInt(number) => *number as f64,
            Repr::Float(number) => *number,
            Repr::Decimal(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    pub(super) fn repr(&self) -> &Repr {
        &self.0
    }

    fn rank(&self) -> u8 {
        match self.0 {
            Repr::Int(_) => 0,
            Repr::UInt(_) => 1,
            Repr::Float(_) => 2,
            Repr::Decimal(_) => 3,
        }
    }
}

/// The decimal text of a double when sixty digits after the point are enough to be exact.
fn exact_text(number: f64) -> Option<String> {
    if number.abs() > 1e18 {
        return None;
    }
    let long = format!("{number:.60}");
    let text = long.trim_end_matches('0').trim_end_matches('.').to_owned();
    // A finite double needs as many decimals as it has binary ones; beyond sixty we keep the text.
    (text.len() < long.len()).then_some(text)
}

/// Whether integral-looking text has digits after the point that a double may have rounded away.
fn lost_digits(text: &str) -> bool {
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    mantissa.bytes().filter(u8::is_ascii_digit).count() > 15 || text.contains("e-") || text.contains("E-")
}

impl From<i64> for Number {
    fn from(number: i64) -> Number {
        Number(Repr::Int(number))
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Number {
        Number(i64::try_from(number).map_or(Repr::UInt(number), Repr::Int))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Int(number) => write!(f, "{number}"),
            Repr::UInt(number) => write!(f, "{number}"),
            Repr::Float(number) => write!(f, "{number}"),
            Repr::Decimal(text) => f.write_str(text),
        }
    }
}

/// A total order for sets; across representations it is arbitrary.
impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) => a.cmp(b),
            (Repr::UInt(a), Repr::UInt(b)) => a.cmp(b),
            (Repr::Float(a), Repr::Float(b)) => a.total_cmp(b),
            (Repr::Decimal(a), Repr::Decimal(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.to_string().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str, integer: Option<i64>) {
        let number = Number::from_decimal(text).unwrap();
        assert_eq!(number.to_string(), shown);
        assert_eq!(number.as_i64(), integer, "{text}");
    }

    #[test]
    fn integers_are_recognised_in_every_spelling() {
        check("42", "42", Some(42));
        check("-7", "-7", Some(-7));
        check("3.0", "3", Some(3));
        check("1e3", "1000", Some(1000));
        check("18446744073709551615", "18446744073709551615", None);
    }

    #[test]
    fn fractions_keep_every_digit() {
        check("0.5", "0.5", None);
        check("0.1", "0.1", None);
        check("3.00000000000000000001", "3.00000000000000000001", None);
        check("123456789012345678901234567890", "123456789012345678901234567890", None);
        assert_eq!(Number::from_decimal("0.5"), Number::from_f64(0.5));
        assert_ne!(Number::from_decimal("0.1"), Number::from_f64(0.1));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "x", "nan", "inf", "infinity", "1 ", "0x10", "--1"] {
            assert_eq!(Number::from_decimal(text), None, "{text:?}");
        }
        assert_eq!(Number::from_f64(f64::NAN), None);
    }
}
