//! How many tasks a side is to have: an exact number, or a floor that somebody else may raise above.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// So many, no more and no fewer.
    Exactly(u32),
    /// At least so many: what stands above it is somebody else's business, such as a scaling policy's.
    AtLeast(u32),
}

impl Demand {
    /// The fewest tasks that are enough.
    pub fn least(self) -> u32 {
        match self {
            Demand::Exactly(count) | Demand::AtLeast(count) => count,
        }
    }

    /// No task is wanted.
    pub fn none(self) -> bool {
        self.least() == 0
    }

    /// What to raise `desired` to, where it is too little.
    pub fn raise(self, desired: u32) -> Option<u32> {
        (desired < self.least()).then_some(self.least())
    }

    /// What to lower `desired` to, where it is too much.
    pub fn lower(self, desired: u32) -> Option<u32> {
        match self {
            Demand::Exactly(count) if desired > count => Some(count),
            // A side that nobody wants tasks on has no floor to keep.
            Demand::AtLeast(0) if desired > 0 => Some(0),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_demand_goes_both_ways_and_a_floor_only_up() {
        let (exact, floor) = (Demand::Exactly(3), Demand::AtLeast(3));
        assert_eq!((exact.raise(1), floor.raise(1)), (Some(3), Some(3)));
        assert_eq!((exact.raise(3), floor.raise(3)), (None, None));
        assert_eq!((exact.lower(5), floor.lower(5)), (Some(3), None));
        assert_eq!((Demand::Exactly(0).lower(2), Demand::AtLeast(0).lower(2)), (Some(0), Some(0)));
    }
}
