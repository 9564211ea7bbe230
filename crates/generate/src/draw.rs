//! What a problem is drawn with.

use stats::SplitMix64;

use crate::Recipe;

/// Numbers that depend on a recipe, and on how often it was drawn already.
pub(crate) struct Draw(SplitMix64);

impl Draw {
    pub(crate) fn new(recipe: Recipe, draw: u64) -> Self {
        let words = [recipe.family as u64, u64::from(recipe.difficulty), u64::from(recipe.index), draw];
        let seed = words.iter().fold(recipe.seed, |seed, word| SplitMix64::substream(seed, *word).next_u64());
        Self(SplitMix64::new(seed))
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in 0..`n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0.below(u32::try_from(n).unwrap_or(u32::MAX)) as usize
    }

    /// A number from `least` to `most`.
    pub(crate) fn between(&mut self, least: i64, most: i64) -> i64 {
        let span = most.abs_diff(least).saturating_add(1);
        let offset = (u128::from(self.bits()) * u128::from(span)) >> 64;
        least + i64::try_from(offset).unwrap_or(0)
    }

    /// True `of` times in a hundred.
    pub(crate) fn percent(&mut self, of: usize) -> bool {
        self.below(100) < of
    }

    /// One of several; there must be one.
    pub(crate) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// The same in another order (Fisher and Yates).
    pub(crate) fn shuffled<T>(&mut self, mut items: Vec<T>) -> Vec<T> {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
        items
    }

    /// A decimal number of so many digits.
    pub(crate) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|at| self.between(i64::from(at == 0), 9).to_string()).collect()
    }
}
